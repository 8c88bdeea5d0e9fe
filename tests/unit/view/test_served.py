"""What readers are told, and who is no reader."""

from __future__ import annotations

import re
import socket
from html import unescape
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from readers import Client, open_to_readers

from hostile import PLANTED, TAGS, plant, read
from leti.errors import ConfigError
from leti.view import Index, serving

if TYPE_CHECKING:
    from hand_made_run import HandMade
    from leti.runs import Run

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Frame-Options": "DENY",
}


def counts(page: str) -> list[str]:
    found = re.findall(r'<p class="count">(.*?)</p>', page)
    return [unescape(re.sub(r"<[^>]*>", "", one)).replace("\N{EN DASH}", "to") for one in found]


def test_the_report_has_all_attempts_in_place_of_a_sample(client: Client) -> None:
    page = client.ask("/").text
    assert "<h1>pass@1 on test did not clearly change" in page
    assert "Before and after" in page
    assert counts(page) == ["1 to 25 of 36 attempts"]
    assert "By iteration" not in page
    assert "<script" not in page


def test_attempts_are_filtered_and_paged(client: Client) -> None:
    assert counts(client.ask("/attempts").text) == ["1 to 25 of 36 attempts"]
    assert counts(client.ask("/attempts?at=25").text) == ["26 to 36 of 36 attempts"]
    assert counts(client.ask("/attempts?at=75").text) == ["No more attempts"]
    assert counts(client.ask("/attempts?place=000&split=learned+from").text) == [
        "1 to 6 of 6 attempts of iteration 000"
    ]
    assert counts(client.ask("/attempts?place=base&split=test").text) == ["1 to 6 of 6 attempts of the base model"]
    assert counts(client.ask("/attempts?error=NameError").text) == ["1 to 3 of 3 attempts"]
    assert counts(client.ask("/attempts?problem=hand/none").text) == ["No attempts"]
    assert counts(client.ask("/attempts?text=NOT+DEFINED").text) == ["5 found in 36 attempts, of 36"]


def test_two_iterations_stand_side_by_side(client: Client) -> None:
    page = client.ask("/attempts?place=000&beside=001&problem=hand/t").text
    assert counts(page) == ["1 to 3 of 3 attempts of iteration 000", "1 to 3 of 3 attempts of iteration 001"]
    assert '<div id="list" class="two">' in page


def test_an_attempt_is_what_the_report_shows(client: Client, finished: Run) -> None:
    from leti.report import write_report

    report = write_report(finished).read_text("utf-8")
    page = client.ask("/attempts?place=000&problem=hand/t").text
    shown = re.findall(r'<details class="attempt".*?</details>', page, flags=re.DOTALL)
    assert len(shown) == 3
    assert all(one in report for one in shown)
    assert "The example, as the loss saw it" in shown[0]


def test_links_lead_through_all_pages_and_back(client: Client) -> None:
    page = client.ask("/attempts").text
    (after,) = re.findall(r'<a href="([^"]*)" rel="next">', page)
    page = client.ask(unescape(after)).text
    assert counts(page) == ["26 to 36 of 36 attempts"]
    assert 'rel="next"' not in page
    (before,) = re.findall(r'<a href="([^"]*)" rel="prev">', page)
    assert counts(client.ask(unescape(before)).text) == ["1 to 25 of 36 attempts"]


def test_the_form_holds_what_was_asked_for(client: Client) -> None:
    page = client.ask("/attempts?place=000&outcome=raised&error=Gone&text=a%22b").text
    for chosen in ("000", "raised", "Gone"):
        assert f"<option selected>{chosen}</option>" in page
    assert 'value="a&#34;b"' in page


def test_new_rows_are_there_when_the_page_is_asked_for_again(begun: Client, hand_made: HandMade) -> None:
    assert counts(begun.ask("/").text) == ["No attempts"]
    hand_made.run.iteration(0).attempts.extend([hand_made.attempt("hand/a", 0, "failed")])
    assert counts(begun.ask("/attempts").text) == ["1 to 1 of 1 attempts"]
    assert "Not trained on yet." in begun.ask("/attempts").text
    page = begun.ask("/").text
    assert counts(page) == ["1 to 1 of 1 attempts"]
    assert "so far" in page


@pytest.mark.parametrize("address", ["/", "/attempts", "/nowhere", "/attempts?" + "at=1&" * 100, "//["])
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "DELETE"])
def test_every_answer_is_sealed(client: Client, address: str, method: str) -> None:
    answer = client.ask(address, method)
    assert answer.headers.items() >= HEADERS.items()
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "script" not in policy
    assert "unsafe" not in policy
    assert "form-action 'self'; frame-ancestors 'none'" in policy
    assert "Server" not in answer.headers or "Python" not in answer.headers["Server"]
    if method == "GET" and answer.headers["Content-Type"].startswith("text/html"):
        meta = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', answer.text)
        assert meta == [policy.removesuffix("; frame-ancestors 'none'")]


def test_only_reading_is_understood(client: Client) -> None:
    assert client.ask("/attempts", "HEAD").text == ""
    assert client.ask("/attempts", "HEAD").status == 200
    for method in ("POST", "PUT", "DELETE", "OPTIONS", "TRACE", "CONNECT"):
        assert client.ask("/attempts", method).status == 501


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:{port}", "127.0.0.1", "127.0.0.1:1", "localhost.evil:{port}"]
)
def test_whoever_came_by_another_name_is_not_answered(client: Client, host: str) -> None:
    host = host.format(port=client.server.server_address[1])
    answer = client.ask("/attempts", Host=host)
    assert answer.status == 421
    assert "hand/" not in answer.text
    assert client.ask("/attempts", Host=f"localhost:{client.server.server_address[1]}").status == 200


def test_a_request_without_a_name_or_with_two_is_not_answered(client: Client) -> None:
    port = client.server.server_address[1]
    for hosts in ("", f"Host: 127.0.0.1:{port}\r\nHost: evil.example\r\n"):
        with socket.create_connection(client.server.server_address) as connection:
            connection.sendall(f"GET /attempts HTTP/1.0\r\n{hosts}\r\n".encode())
            assert connection.makefile("rb").readline().split()[1] == b"421"


def test_nobody_elsewhere_is_listened_to(client: Client) -> None:
    assert client.server.server_address[0] == "127.0.0.1"


def test_a_taken_port_says_what_to_type(client: Client, finished: Run) -> None:
    port = client.server.server_address[1]
    with (
        pytest.raises(ConfigError, match=f"Port {port} is taken. Type another, or leave --port out"),
        serving(finished, Index(finished), port=port),
    ):
        pass


@pytest.mark.parametrize("name", ["attempts.jsonl", "examples.jsonl", "scored/test/attempts.jsonl"])
def test_a_damaged_row_is_a_page_that_names_the_file(client: Client, finished: Run, name: str) -> None:
    file = finished.iteration(1).path / name
    whole = file.read_bytes()
    assert client.ask("/attempts").status == 200
    file.write_bytes(whole + b"{}\n")
    for address in ("/", "/attempts"):
        answer = client.ask(address)
        assert answer.status == 500
        assert str(file) in unescape(answer.text)
        assert "leti learn" in answer.text
    file.write_bytes(whole)
    assert client.ask("/attempts").status == 200


def test_a_row_that_was_damaged_behind_the_index_is_one_too(client: Client, finished: Run) -> None:
    assert client.ask("/attempts").status == 200
    file = finished.iteration(0).attempts.path
    with file.open("r+b") as rows:
        rows.write(b"!")
    answer = client.ask("/attempts?place=000")
    assert answer.status == 500
    assert "damaged" in answer.text


@pytest.mark.parametrize("text", PLANTED)
def test_planted_text_is_inert_wherever_it_stands(hand_made: HandMade, text: str) -> None:
    plant(hand_made, text)
    word = quote(text.encode("utf-8", "replace"))
    asked = "&".join(f"{name}={word}" for name in ("place", "beside", "split", "problem", "outcome", "error", "text"))
    with open_to_readers(hand_made.run) as client:
        addresses = ("/", "/attempts", f"/attempts?{asked}", f"/{word}", f"/attempts?text={word}")
        pages = [client.ask(address).text for address in addresses]
        assert counts(pages[4]) != ["No attempts"]
    for page in pages:
        reader = read(page)
        assert set(reader.tags) <= TAGS | {"form", "button"} - {"script"}
        for tag, name, value in reader.attributes:
            assert not name.startswith("on")
            assert name not in {"src", "srcdoc", "formaction", "background", "style"}
            assert name != "action" or value == "/attempts"
            assert name != "href" or value.startswith(("#", "/attempts?")) or value in {"/", "/attempts"}, (tag, value)
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u2028\u202e\u2066\ufeff]", page)
