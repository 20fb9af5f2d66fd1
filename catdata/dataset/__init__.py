"""The wing that makes builds: pictures, the catalog, the raw store, ingest and build."""
