"""A published edition described for machines: schema.org Dataset (https://schema.org/Dataset)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _

from survey.models import Publication
from survey.results.page_data import RoundPage
from survey.web.i18n import local_name


def dataset(publication: Publication, page: RoundPage, links: Mapping[str, str], licence: str) -> dict[str, Any]:
    """The description; `links` has the addresses of `page`, `csv` and `json`, `licence` is one too."""
    files = {"csv": "text/csv", "json": "application/json"}
    province = page.figures.overall()
    return {
        "@context": "https://schema.org/",
        "@type": "Dataset",
        "name": _("What citizens say: %(round)s", round=local_name(page.round)),
        "description": _(
            "People who had just dealt with a public office answered a short, anonymous questionnaire. The index says "
            "how many of 100 answers were “satisfied” or “very satisfied”."
        ),
        "url": links["page"],
        "inLanguage": ["vi", "en"],
        "isAccessibleForFree": True,
        "license": licence,
        "temporalCoverage": f"{page.round.opens_on}/{page.round.last_day}",
        "version": str(publication.edition),
        "datePublished": publication.published_at.date().isoformat() if publication.published_at else None,
        "identifier": f"sha256:{publication.results_hash}",
        **_decision(publication),
        "measurementTechnique": f"{page.definition.code}, v{page.version}",
        "variableMeasured": [
            {
                "@type": "PropertyValue",
                "name": _("Index of the province"),
                "unitText": "%",
                "value": province.index if province is not None and province.exists else None,
            }
        ],
        "distribution": [
            {"@type": "DataDownload", "encodingFormat": kind, "contentUrl": links[name]} for name, kind in files.items()
        ],
    }


def _decision(publication: Publication) -> dict[str, Any]:
    """The decision that the edition rests on (https://schema.org/isBasedOn); nothing where none is named."""
    if not publication.decision_number or publication.decision_on is None:
        return {}
    facts = {
        "@type": "Legislation",
        "legislationIdentifier": publication.decision_number,
        "legislationDate": publication.decision_on.isoformat(),
    }
    return {"isBasedOn": facts | ({"url": publication.decision_link} if publication.decision_link else {})}
