"""Known speakers: people whose voices a caller has made known. Their tables lie beside that of the jobs."""
