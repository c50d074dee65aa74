"""Reader of files that others wrote: CSV and XLSX tables, exports of survey tools, dates and times."""
