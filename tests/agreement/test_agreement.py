"""A check passes what a start takes and nothing else: same verdict, same exit status, same words.

Each configuration is given to `footprintd --check`, to `footprintctl check` and to `footprintd` itself. Nobody listens at
its broker's address: a start that says so has passed its configuration.
"""
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from cases import BAD, GOOD

TOP = Path(__file__).resolve().parents[2]
BUILD = TOP / os.environ.get("FOOTPRINT_BUILD", "build/dev")
SECONDS = 60
AT_ONCE = 24  # most of them wait
STARTED = re.compile(r"^ts=\S+ level=\w+ id=")
# Root may read every file but for this.
PLAIN = ["setpriv", "--inh-caps=-dac_override,-dac_read_search", "--bounding-set=-dac_override,-dac_read_search"] if os.geteuid() == 0 else []


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def write(case, folder):
    """Its files; '@' stands for their folder, '#' for a free port."""
    for path, text in case.files.items():
        if text is None:
            (folder / path).mkdir()
        else:
            (folder / path).write_text(text)
    config = folder / "footprint.yaml"
    if case.raw is not None:
        config.write_bytes(case.raw)
    elif case.text is not None:
        config.write_text(case.text.replace("@/", f"{folder}/").replace("#'", f"{free_port()}'"))
    for path, mode in case.modes.items():
        (folder / path).chmod(mode)


def command(case, folder, program, *arguments):
    sets = [word for setting in case.set for word in ("--set", setting)]
    environment = {key: value for key, value in os.environ.items() if key not in ("RUNTIME_DIRECTORY", "CREDENTIALS_DIRECTORY")}
    environment |= {key: value.replace("@", str(folder)) for key, value in case.environment.items()}
    return {"args": [*PLAIN, str(BUILD / program), *arguments, "-c", "footprint.yaml", *sets], "cwd": folder, "env": environment,
            "stderr": subprocess.PIPE, "text": True, "encoding": "utf-8", "errors": "replace"}


def check(case, folder, program, *arguments):
    done = subprocess.run(**command(case, folder, program, *arguments), stdout=subprocess.DEVNULL, timeout=SECONDS)
    return done.returncode, done.stderr


def start(case, folder):
    """(exit status, what was said before the first line of the log); status None: it has passed its configuration."""
    process = subprocess.Popen(**command(case, folder, "footprintd"), stdout=subprocess.DEVNULL)
    said = []
    try:
        for line in process.stderr:
            said.append(line)
            if "id=kafka-waiting" in line or '"id":"kafka-waiting"' in line:
                break
        else:
            return process.wait(SECONDS), "".join(said)
        process.send_signal(signal.SIGTERM)
        process.stderr.close()
        process.wait(SECONDS)
    finally:
        process.kill()
        process.wait()
    return None, "".join(line for line in said if not STARTED.match(line) and not line.startswith('{"'))


def judge(case):
    """What is wrong with the case, or nothing."""
    folder = Path(tempfile.mkdtemp(prefix="footprint-"))
    try:
        write(case, folder)
        code, said = check(case, folder, "footprintd", "--check")
        ctl = check(case, folder, "footprintctl", "check")
        started, start_said = start(case, folder)
    finally:
        shutil.rmtree(folder)
    if {code, ctl[0]} != {case.exit} or started != (case.exit or None):
        return f"exit {case.exit} expected; --check {code}, ctl {ctl[0]}, start {started}\n{said}{ctl[1]}{start_said}"
    if case.exit == 2:
        return None
    if not said == ctl[1] == start_said:
        return f"other words\n--check\n{said}ctl\n{ctl[1]}start\n{start_said}"
    if case.said not in said or (case.exit == 0 and case.said == "" and said != ""):
        return f"'{case.said}' expected\n{said}"
    if "Sanitizer" in said or "hunter2" in said:
        return said
    return None


@pytest.fixture(scope="module")
def verdicts():
    cases = GOOD + BAD  # the good ones wait for the brokers
    assert len({case.name for case in cases}) == len(cases)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return dict(zip((case.name for case in cases), pool.map(judge, cases)))


@pytest.mark.parametrize("case", BAD, ids=lambda case: case.name)
def test_it_is_refused_by_all_three_with_the_same_words(case, verdicts):
    assert verdicts[case.name] is None, verdicts[case.name]


@pytest.mark.parametrize("case", GOOD, ids=lambda case: case.name)
def test_it_is_taken_by_all_three(case, verdicts):
    assert verdicts[case.name] is None, verdicts[case.name]


def test_there_are_enough_of_them():
    assert len(BAD) >= 80 and len(GOOD) >= 40, (len(BAD), len(GOOD))


def test_what_another_process_holds_is_no_fault_of_the_settings():
    """A running daemon holds its own port: a check beside it passes; only a start says that it is taken, and gives up."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        taken = next(case for case in GOOD if case.name == "HTTP at a port")
        folder = Path(tempfile.mkdtemp(prefix="footprint-"))
        try:
            write(taken, folder)
            text = re.sub(r"127\.0\.0\.1:\d+'}", f"127.0.0.1:{holder.getsockname()[1]}'}}", taken.text.replace("#", "1"))
            (folder / "footprint.yaml").write_text(text)
            assert check(taken, folder, "footprintd", "--check") == (0, "")
            assert check(taken, folder, "footprintctl", "check") == (0, "")
            code, said = start(taken, folder)
        finally:
            shutil.rmtree(folder)
    assert code == 3 and "id=listen" in said and "Address already in use" in said, (code, said)
