"""The contact that an installation for real citizens must name."""

OFFICE = {"HOTLINE": "1900 1000", "PORTAL_URL": "https://dichvucong.example.vn"}
