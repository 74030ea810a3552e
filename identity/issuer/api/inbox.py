"""Where providers' results come in: webhooks for machines, CSV for the staff."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from identity.errors import Malformed
from identity.issuer.api.desk import as_staff
from identity.issuer.providers import BY_HAND, parse_csv, take_results
from identity.issuer.service import Issuer
from identity.issuer.staff import Role
from identity.refusals import NotFound
from identity.web.reading import content_type, json_answer, read_body

Name = Annotated[str, Path(pattern="^[a-z][a-z0-9-]{0,39}$", description="The provider's name.")]
CSV = "text/csv"


def inbox_router(issuer: Issuer) -> APIRouter:
    """The two ways in."""
    router = APIRouter(tags=["Providers"])

    @router.post("/providers/{name}/results")
    async def webhook(name: Name, request: Request) -> Response:
        """A provider's signed result becomes evidence of an open case; the same message again changes nothing."""
        provider = issuer.providers.get(name)
        if provider is None:
            raise NotFound("provider")
        result = provider.read(request.headers, await read_body(request), issuer.clock())
        new = await issuer.writer.run(lambda tx: take_results(tx, issuer.cases, name, f"provider:{name}", [result]))
        return json_answer({"new": new}, 202)

    @router.post("/staff/v1/providers/{name}/results")
    async def upload(name: Name, request: Request) -> Response:
        """Results of a provider as CSV (maker): all of them or none."""
        if content_type(request) != CSV:
            raise Malformed("request", f"the body must be {CSV}")
        results = parse_csv(await read_body(request))
        new = await as_staff(
            issuer,
            request,
            Role.MAKER,
            lambda tx, who: take_results(tx, issuer.cases, f"{BY_HAND}:{name}", who, results),
        )
        return json_answer({"new": new}, 202)

    return router
