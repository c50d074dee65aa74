"""Reading what others wrote: CSV, XLSX, files of survey tools."""
