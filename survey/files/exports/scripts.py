"""Scripts for R and Stata that reproduce the overall index, its standard error included, from the microdata.

Both do what `scoring.estimate` does: every respondent contributes u = w Σ_k W_k (y_k - R_k x_k) / X_k to the index, and
the variance of Σ u is that of the strata (by R's package `survey` and Stata's `svy`) or, where the file has numbers of
counter-days, that of `scoring.clusters`. What withheld strata add stands in the script as sums.
"""

from __future__ import annotations

from scoring.disclosure import SUPPRESSED
from survey.files.exports.content import Content
from survey.files.exports.microdata import UNIT, Microdata, Withheld, counts_as

R_LONELY = {"adjust": "adjust", "average": "average", "certainty": "certainty", "fail": "fail"}
STATA_LONELY = {"adjust": "centered", "average": "scaled", "certainty": "certainty", "fail": "missing"}


def r_script(micro: Microdata, data_file: str) -> str:
    """The R script; `data_file` is the microdata's CSV, beside it."""
    whole = micro.parts
    parts = ",\n  ".join(f"c({', '.join(_quoted(micro.items[i]) for i in part.items)})" for part in whole.parts)
    rules = micro.content.results.rules
    clustered = micro.units is not None
    return _R.format(
        head=_head(micro, "#"),
        design=(_R_CLUSTERS if clustered else _R_STRATA).format(lonely=R_LONELY[rules.lonely]),
        file=data_file,
        parts=parts,
        weights=_vector(part.weight for part in whole.parts),
        values=_vector(counts_as(rules.statistic)),
        renormalise="TRUE" if rules.renormalise else "FALSE",
        rollup=rules.rollup,
        shares=_shares(rules.agency_weights),
        withheld=",\n  ".join(_r_withheld(w) for w in micro.withheld),
        hidden=_vector_text(hidden_agencies(micro.content)),
    )


def hidden_agencies(content: Content) -> list[str]:
    """The agencies whose overall index is hidden: the scripts cannot and must not tell it."""
    table = content.results.table
    rows = table[(table["agency"] != "") & (table["service"] == "") & (table["level"] == "overall")]
    return sorted(rows.loc[rows["status"] == SUPPRESSED, "agency"])


def _head(micro: Microdata, mark: str) -> str:
    round_ = micro.content.results.round
    lines = [
        f"SIPAS {round_.code}, {round_.opens_on} - {round_.last_day}",
        "Tính lại chỉ số hài lòng chung và sai số chuẩn từ dữ liệu vi mô đã ẩn danh.",
        "Reproduces the overall index and its standard error from the anonymised microdata.",
    ]
    if micro.without_units:
        lines += [
            "Tệp công khai không có số cụm: sai số ở đây không tính đến việc người cùng quầy, cùng ngày trả lời giống "
            "nhau, nên khác sai số đã công bố (thường nhỏ hơn).",
            "This public file has no cluster numbers: errors here are without clusters (people of one counter and day "
            "answer alike), so they differ from the published ones and are mostly smaller.",
        ]
    return "\n".join(f"{mark} {line}" for line in lines)


def _r_withheld(withheld: Withheld) -> str:
    return (
        f"list(agency = {_quoted(withheld.agency)}, y = {_vector(withheld.counting)}, x = {_vector(withheld.valid)}, "
        f"variance = {withheld.variance!r})"
    )


def _shares(weights: object) -> str:
    pairs = sorted(dict(weights).items()) if weights else []  # type: ignore[call-overload]
    return ", ".join(f"{_quoted(str(code))} = {float(value)!r}" for code, value in pairs)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _vector(values: object) -> str:
    return "c(" + ", ".join(repr(float(value)) for value in values) + ")"  # type: ignore[attr-defined]


def _vector_text(values: list[str]) -> str:
    return "c(" + ", ".join(map(_quoted, values)) + ")"


_R_STRATA = """\
# Needs the package survey >= 4.0
library(survey)
options(survey.lonely.psu = "{lonely}")
design <- svydesign(ids = ~1, strata = ~stratum, weights = ~weight, fpc = ~fpc, data = d)

# Standard error (0..1) of the sum of u; `inside`: the rows of the place
se_of <- function(u, variance, inside) {{
  design$variables$u <- u
  sqrt(as.numeric(vcov(svytotal(~u, design))) + variance)
}}"""
"""R without clusters; what is in braces is filled in."""

_R_CLUSTERS = """\
# People of one counter and day are one sampling unit (column cluster), whatever the service they came for. svydesign
# has no design for that: it would nest clusters in services. With e the residual of a person from the mean of the
# stratum, times sqrt((1 - f) m / (m - 1)) for its m clusters, the variance is the sum of squares of sums by cluster.
lonely <- "{lonely}"
clusters_of <- tapply(d$cluster, d$stratum, function(x) length(unique(x)))
m <- as.numeric(clusters_of[d$stratum])
left <- ifelse(1 - d$fpc < 1e-12, 0, 1 - d$fpc)
alone <- m == 1 & left > 0
if (lonely == "fail" && any(alone)) stop("a stratum has a single cluster")
scale <- sqrt(ifelse(m > 1, left * m / pmax(m - 1, 1), 0))
scale[alone] <- if (lonely == "adjust") sqrt(left[alone]) else 0

# Standard error (0..1) of the sum of u; `inside`: the rows of the place
se_of <- function(u, variance, inside) {{
  u <- d$weight * u
  centre <- ave(u, d$stratum)
  centre[alone] <- 0
  e <- scale * (u - centre)
  strata <- unique(d$stratum[inside > 0])
  own <- setdiff(strata, d$stratum[alone])
  more <- if (lonely == "average" && length(strata)) length(strata) / length(own) else 1
  sqrt(more * sum(tapply(e, d$cluster, sum)^2) + variance)
}}"""
"""R with clusters; what is in braces is filled in."""

_R = """\
{head}
# R >= 4.0; run it in the folder of the data. It also writes {file}.index.csv
options(digits = 15)

d <- read.csv("{file}", fileEncoding = "UTF-8-BOM", colClasses = "character", na.strings = "", check.names = FALSE)
for (name in c("weight", "fpc", "in_province")) d[[name]] <- as.numeric(d[[name]])

# Items of each part of the index, the parts' weights, and what the answers 1..5 count
parts <- list(
  {parts}
)
part_weights <- {weights}
value_of <- {values}
renormalise <- {renormalise}

# Sums of the strata that are withheld to protect the few who answered there
withheld <- list({withheld})
hidden_agencies <- {hidden}

y <- x <- matrix(0, nrow(d), length(parts))
for (k in seq_along(parts)) {{
  for (item in parts[[k]]) {{
    answer <- match(d[[item]], as.character(1:5))
    valid <- !is.na(answer)
    x[valid, k] <- x[valid, k] + 1
    y[valid, k] <- y[valid, k] + value_of[answer[valid]]
  }}
}}

{design}

# Index (0..1) of the rows `inside`, and each respondent's contribution u
index <- function(inside, place) {{
  extra <- Filter(function(w) w$agency == place, withheld)
  extra <- if (length(extra)) extra[[1]] else list(y = 0, x = 0, variance = 0)
  above <- colSums(d$weight * inside * y) + extra$y
  below <- colSums(d$weight * inside * x) + extra$x
  there <- below > 0
  w <- ifelse(there, part_weights, 0)
  if (renormalise) w <- w / sum(w)
  value <- if (all(there) || (renormalise && any(there))) sum((w * above / below)[there]) else NA
  u <- rep(0, nrow(d))
  for (k in which(there)) u <- u + inside * w[k] * (y[, k] - above[k] / below[k] * x[, k]) / below[k]
  list(value = value, u = u, variance = extra$variance)
}}

result <- data.frame()
agencies <- setdiff(sort(unique(c(d$agency, vapply(withheld, function(w) w$agency, "")))), c("", hidden_agencies))
found <- lapply(agencies, function(a) index(as.numeric(d$agency == a), a))
names(found) <- agencies
if ("{rollup}" == "transactions") {{
  whole <- index(d$in_province, "")
}} else if (length(hidden_agencies)) {{
  whole <- list(value = NA, u = rep(0, nrow(d)), variance = NA)  # needs the hidden agencies
}} else {{
  given <- c({shares})
  share <- vapply(agencies, function(a) {{
    if ("{rollup}" == "equal") 1 else if (a %in% names(given)) given[[a]] else 0
  }}, 0)
  known <- vapply(agencies, function(a) any(d$in_province[d$agency == a] == 1) || !any(d$agency == a), TRUE)
  share <- ifelse(known & !is.na(vapply(found, function(f) f$value, 0)), share, 0)
  share <- share / sum(share)
  used <- which(share > 0)
  whole <- list(
    value = sum(vapply(used, function(k) share[[k]] * found[[k]]$value, 0)),
    u = Reduce(`+`, lapply(used, function(k) share[[k]] * found[[k]]$u)),
    variance = sum(vapply(used, function(k) share[[k]]^2 * found[[k]]$variance, 0))
  )
}}
result <- rbind(result, data.frame(
  agency = "", index = 100 * whole$value, se = 100 * se_of(whole$u, whole$variance, d$in_province)
))
for (a in agencies) {{
  result <- rbind(result, data.frame(
    agency = a, index = 100 * found[[a]]$value,
    se = 100 * se_of(found[[a]]$u, found[[a]]$variance, d$agency == a)
  ))
}}
print(result, row.names = FALSE)
write.csv(format(result, digits = 17), "{file}.index.csv", row.names = FALSE, quote = FALSE)
"""


_STATA_STRATA = "svyset _n [pweight = weight], strata(stratum_id) fpc(fpc) singleunit({lonely})"
"""Stata's design without clusters; {lonely}: one of `STATA_LONELY`."""
_STATA_TOTAL = """\
    quietly svy: total `u'
    matrix V = e(V)
    scalar sipas_variance = V[1, 1]"""
_STATA_CLUSTERS = """\
* People of one counter and day are one sampling unit (cluster), whatever the service they came for: residuals from the
* mean of the stratum, times sqrt((1 - f) m / (m - 1)) for its m clusters, summed by cluster
global sipas_lonely "{lonely}"
bysort stratum_id cluster: generate byte first_here = _n == 1
bysort stratum_id: egen long clusters = total(first_here)
generate double left = cond(1 - fpc < 1e-12, 0, 1 - fpc)
generate byte alone = clusters == 1 & left > 0
generate double scale = sqrt(cond(clusters > 1, left * clusters / (clusters - 1), 0))
replace scale = cond("$sipas_lonely" == "centered", sqrt(left), 0) if alone
if "$sipas_lonely" == "missing" {{
    assert !alone
}}
bysort cluster: generate byte first_of_cluster = _n == 1
bysort stratum_id: generate byte first_of_stratum = _n == 1"""
"""The same with clusters."""
_STATA_RESIDUALS = """\
    tempvar centre residual sum
    quietly replace `u' = weight * `u'
    quietly bysort stratum_id: egen double `centre' = mean(`u')
    quietly replace `centre' = 0 if alone
    quietly generate double `residual' = scale * (`u' - `centre')
    quietly bysort cluster: egen double `sum' = total(`residual')
    quietly replace `sum' = cond(first_of_cluster, `sum'^2, 0)
    quietly summarize `sum'
    scalar sipas_variance = r(sum)
    quietly count if first_of_stratum & `inside'
    scalar sipas_strata = r(N)
    quietly count if first_of_stratum & `inside' & !alone
    if "$sipas_lonely" == "scaled" & sipas_strata > 0 scalar sipas_variance = sipas_variance * sipas_strata / r(N)"""


def stata_script(micro: Microdata, data_file: str) -> str:
    """The Stata do-file: the province and every agency, under the rule by transactions."""
    rules = micro.content.results.rules
    whole = micro.parts
    lines = [
        _head(micro, "*"),
        "* Stata 14 trở lên / or newer",
        "version 14",
        "clear all",
        "set type double",
        f'import delimited using "{data_file}", encoding("utf-8") varnames(1) stringcols(_all) case(preserve) clear',
        "destring weight fpc in_province" + (f" {UNIT}" if micro.units is not None else "") + ", replace",
        "egen long stratum_id = group(stratum)",
    ]
    values = counts_as(rules.statistic)
    for k, part in enumerate(whole.parts, 1):
        lines += [f"generate double y{k} = 0", f"generate double x{k} = 0"]
        for item in (micro.items[i] for i in part.items):
            lines.append(f'replace x{k} = x{k} + 1 if inlist({item}, "1", "2", "3", "4", "5")')
            lines += [f'replace y{k} = y{k} + {v!r} if {item} == "{a}"' for a, v in enumerate(values, 1) if v]
    lines += [
        *(_STATA_STRATA if micro.units is None else _STATA_CLUSTERS)
        .format(lonely=STATA_LONELY[rules.lonely])
        .split("\n"),
        "",
        "* Index of the rows `1', with what withheld strata add: sums of y, sums of x, variance",
        "capture program drop index_of",
        "program define index_of",
        "    args inside place variance " + " ".join(f"ey{k} ex{k}" for k in range(1, len(whole.parts) + 1)),
        "    tempvar u part",
        "    quietly generate double `u' = 0",
        "    scalar sipas_value = 0",
    ]
    for k, part in enumerate(whole.parts, 1):
        lines += [
            f"    quietly generate double `part' = weight * `inside' * y{k}",
            "    quietly summarize `part'",
            f"    scalar sipas_above = r(sum) + `ey{k}'",
            f"    quietly replace `part' = weight * `inside' * x{k}",
            "    quietly summarize `part'",
            f"    scalar sipas_below = r(sum) + `ex{k}'",
            "    scalar sipas_ratio = sipas_above / sipas_below",
            f"    quietly replace `u' = `u' + `inside' * {part.weight!r} * (y{k} - sipas_ratio * x{k}) / sipas_below",
            f"    scalar sipas_value = sipas_value + {part.weight!r} * sipas_ratio",
            "    drop `part'",
        ]
    lines += [
        *(_STATA_TOTAL if micro.units is None else _STATA_RESIDUALS).split("\n"),
        "    scalar sipas_se = 100 * sqrt(sipas_variance + `variance')",
        '    display "`place\'" _column(40) %18.12f 100 * sipas_value _column(60) %18.12f sipas_se',
        "end",
        "",
        'display "agency" _column(40) "index" _column(60) "standard error"',
    ]
    by_place = {w.agency: w for w in micro.withheld}
    hidden = set(hidden_agencies(micro.content))
    agencies = sorted(({s.agency for s in micro.strata} | set(by_place)) - {""} - hidden)
    if rules.rollup == "transactions":
        lines.append(f"index_of in_province province {_stata_extra(by_place.get(''), len(whole.parts))}")
    for number, agency in enumerate(agencies):
        lines += [
            f'generate byte inside{number} = agency == "{agency}"',
            f"index_of inside{number} {agency} {_stata_extra(by_place.get(agency), len(whole.parts))}",
            f"drop inside{number}",
        ]
    return "\n".join(lines) + "\n"


def _stata_extra(withheld: Withheld | None, parts: int) -> str:
    """The arguments of `index_of` after the place."""
    if withheld is None:
        return " ".join(["0"] * (1 + 2 * parts))
    pairs = [f"{y!r} {x!r}" for y, x in zip(withheld.counting, withheld.valid, strict=True)]
    return " ".join([repr(withheld.variance), *pairs])
