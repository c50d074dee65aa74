"""Files that the worker makes, made within the test's own process."""

from __future__ import annotations

from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from survey.files.jobs.worker import run_next
from tests.support.evaluation import token

WORKER = "worker-of-the-test"


def ask(client: FlaskClient, address: str, **fields: str) -> TestResponse:
    """Ask for a file as the button does; the address of its page is where the reply leads."""
    page = client.get("/tai-khoan").get_data(as_text=True)
    return client.post(address, data={"csrf_token": token(page), **fields})


def run_jobs(app: Flask) -> int:
    """Do all that waits in the queue; return how many jobs that were."""
    done = 0
    while run_next(app.extensions["database"], app.config["SETTINGS"], app.extensions["clock"], WORKER):
        done += 1
    return done


def file_of(client: FlaskClient, page: str) -> TestResponse:
    """Follow the link on the page of a job that is done."""
    link = BeautifulSoup(client.get(page).get_data(as_text=True), "html.parser").select_one("main a.button")
    assert link is not None, client.get(page).get_data(as_text=True)
    return client.get(str(link["href"]))


def make_file(app: Flask, client: FlaskClient, address: str, **fields: str) -> TestResponse:
    """Ask for a file, have it made, and fetch it; a refusal is returned as it is."""
    asked = ask(client, address, **fields)
    if asked.status_code != 303:
        return asked
    run_jobs(app)
    return file_of(client, asked.location)
