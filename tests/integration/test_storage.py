"""The embedded storage is a real S3 server: it checks credentials, takes DVC's cache, and never outlives its user."""

from __future__ import annotations

import hashlib
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from demo.storage import BUCKET, RAW_FILES, Storage, connected, embedded_storage

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def storage(tmp_path):
    with embedded_storage(tmp_path / "storage", port=0) as running:
        yield running


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A DVC project with this repository's own, committed configuration and one tracked file."""
    monkeypatch.setenv("DVC_SITE_CACHE_DIR", str(tmp_path / "site"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    folder = tmp_path / "project"
    (folder / ".dvc").mkdir(parents=True)
    for name in ("config", ".gitignore"):
        (folder / ".dvc" / name).write_bytes((ROOT / ".dvc" / name).read_bytes())
    subprocess.run(["git", "init", "--quiet", str(folder)], check=True)
    return folder


def dvc(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "dvc", *arguments], cwd=project, capture_output=True, text=True, check=False
    )


def answers(endpoint: str) -> bool:
    host, port = endpoint.removeprefix("http://").split(":")
    with socket.socket() as client:
        client.settimeout(1)
        return client.connect_ex((host, int(port))) == 0


def is_gone(pid: int, seconds: float = 10) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.05)
    return False


def track(project: Path, text: str = "a model") -> Path:
    path = project / "model.bin"
    path.write_text(text, encoding="utf-8")
    assert dvc(project, "add", "--quiet", "model.bin").returncode == 0
    return path


class TestSeed:
    def test_holds_the_raw_data_that_the_project_imports(self, storage):
        for name in RAW_FILES:
            import_file = YAML(typ="safe").load(ROOT / "data" / "raw" / f"{name}.dvc")
            content = (storage.objects / BUCKET / "raw" / name).read_bytes()
            digest = hashlib.md5(content).hexdigest()
            assert import_file["outs"][0]["md5"] == digest
            assert import_file["deps"][0]["etag"] == digest
            assert (storage.objects / BUCKET / "files" / "md5" / digest[:2] / digest[2:]).read_bytes() == content

    def test_leaves_data_alone_that_have_changed_since(self, tmp_path):
        with embedded_storage(tmp_path, port=0) as first:
            changed = first.objects / BUCKET / "raw" / "weather.csv"
            changed.write_text("new", encoding="utf-8")
        with embedded_storage(tmp_path, port=0):
            assert changed.read_text(encoding="utf-8") == "new"


class TestWithDvc:
    def test_what_is_pushed_can_be_pulled_elsewhere(self, storage, project):
        path = track(project)
        with connected(storage, project):
            assert dvc(project, "push").returncode == 0
            (project / ".dvc" / "cache").rename(project / "lost-cache")
            path.unlink()
            pulled = dvc(project, "pull")
        assert pulled.returncode == 0, pulled.stderr
        assert path.read_text(encoding="utf-8") == "a model"

    def test_dvc_update_notices_new_raw_data(self, storage, project):
        published = storage.objects / BUCKET / "raw" / "weather.csv"
        with connected(storage, project):
            imported = dvc(project, "import-url", "remote://storage/raw/weather.csv")
            assert imported.returncode == 0, imported.stderr
            before = YAML(typ="safe").load(project / "weather.csv.dvc")
            published.write_bytes(published.read_bytes() + b"EWR,2013,12,31,0\n")
            time.sleep(1.1)  # the server looks at its folder once a second
            updated = dvc(project, "update", "weather.csv.dvc")
        assert updated.returncode == 0, updated.stderr
        after = YAML(typ="safe").load(project / "weather.csv.dvc")
        assert after["outs"][0]["md5"] == hashlib.md5(published.read_bytes()).hexdigest() != before["outs"][0]["md5"]

    def test_wrong_credentials_are_refused_in_one_line(self, storage, project):
        track(project)
        impostor = Storage(storage.endpoint, storage.access_key, "guessed", storage.objects)
        with connected(impostor, project):
            pushed = dvc(project, "push")
        assert pushed.returncode != 0
        assert "Forbidden" in pushed.stderr
        assert "Traceback" not in pushed.stderr
        assert "guessed" not in pushed.stderr

    def test_a_storage_that_is_down_is_said_in_one_line(self, tmp_path, project):
        track(project)
        with embedded_storage(tmp_path / "storage", port=0) as stopped:
            pass
        with connected(stopped, project):
            pushed = dvc(project, "push")
        assert pushed.returncode != 0
        assert "Could not connect to the endpoint URL" in pushed.stderr
        assert "Traceback" not in pushed.stderr

    def test_credentials_in_the_environment_are_enough(self, storage, project, monkeypatch):
        """As with a real bucket: only the address is in the configuration."""
        track(project)
        for name, value in storage.environment.items():
            monkeypatch.setenv(name, value)
        assert dvc(project, "remote", "modify", "storage", "endpointurl", storage.endpoint).returncode == 0
        pushed = dvc(project, "push")
        assert pushed.returncode == 0, pushed.stderr


class TestConfiguration:
    def test_no_secret_is_committed(self):
        text = (ROOT / ".dvc" / "config").read_text(encoding="utf-8")
        assert "key" not in text
        assert "secret" not in text

    def test_the_users_local_configuration_comes_back(self, storage, project):
        local = project / ".dvc" / "config.local"
        local.write_text("[cache]\n    dir = elsewhere\n", encoding="utf-8")
        with connected(storage, project):
            text = local.read_text(encoding="utf-8")
            assert storage.endpoint in text
            assert "dir = elsewhere" in text
        assert local.read_text(encoding="utf-8") == "[cache]\n    dir = elsewhere\n"

    def test_what_a_killed_run_left_behind_is_forgotten(self, storage, project):
        local = project / ".dvc" / "config.local"
        with connected(storage, project):
            left_behind = local.read_text(encoding="utf-8")
        local.write_text(left_behind, encoding="utf-8")
        with connected(storage, project):
            pass
        assert storage.access_key not in local.read_text(encoding="utf-8")

    def test_the_secret_shows_in_no_command_line_and_no_repr(self, storage):
        assert storage.secret_key not in repr(storage)
        processes = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
        assert storage.secret_key not in processes


class TestServer:
    def test_takes_another_port_where_the_usual_one_is_taken(self, tmp_path):
        with socket.socket() as occupant:
            occupant.bind(("127.0.0.1", 0))
            occupant.listen()
            taken = occupant.getsockname()[1]
            with embedded_storage(tmp_path, port=taken) as storage:
                assert storage.endpoint != f"http://127.0.0.1:{taken}"
                assert answers(storage.endpoint)

    def test_ends_with_the_block_even_by_an_error(self, tmp_path):
        with pytest.raises(RuntimeError, match="of the user"), embedded_storage(tmp_path, port=0) as storage:
            raise RuntimeError("of the user")
        assert not answers(storage.endpoint)

    @pytest.mark.skipif(
        sys.platform != "linux", reason="prctl(2) is Linux's; elsewhere a killed parent leaves the server"
    )
    def test_ends_when_its_parent_is_killed(self, tmp_path):
        script = (
            "import sys, time, pathlib; from demo.storage import embedded_storage\n"
            "with embedded_storage(pathlib.Path(sys.argv[1]), port=0) as storage:\n"
            "    print(storage.endpoint, flush=True); time.sleep(60)"
        )
        parent = subprocess.Popen(
            [sys.executable, "-c", script, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        with parent:
            endpoint = parent.stdout.readline().strip()
            children = Path(f"/proc/{parent.pid}/task/{parent.pid}/children").read_text(encoding="ascii").split()
            assert answers(endpoint)
            parent.kill()
        assert len(children) == 1
        assert is_gone(int(children[0]))
        assert not answers(endpoint)


class TestCommand:
    """`python -m demo.storage` in a project."""

    @staticmethod
    def command(tmp_path: Path, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "demo.storage", f"--root={tmp_path / 'storage'}", "--port=0", *arguments]

    @pytest.fixture(autouse=True)
    def _importable(self, monkeypatch):
        monkeypatch.setenv("PYTHONPATH", str(ROOT))

    @pytest.mark.parametrize(("sent", "exit_code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
    def test_serves_until_it_is_interrupted(self, tmp_path, project, sent, exit_code):
        server = subprocess.Popen(self.command(tmp_path), cwd=project, stdout=subprocess.PIPE, text=True)
        with server:
            endpoint = server.stdout.readline().split()[1].rstrip(",")
            assert answers(endpoint)
            assert (project / ".dvc" / "config.local").exists()
            server.send_signal(sent)
            assert server.wait(10) == exit_code
        assert not answers(endpoint)
        assert not (project / ".dvc" / "config.local").exists()

    def test_runs_while_a_command_runs_and_exits_as_it_does(self, tmp_path, project):
        script = "import os, sys; sys.stdout.write(os.environ['AWS_ENDPOINT_URL_S3']); sys.exit(7)"
        result = subprocess.run(
            self.command(tmp_path, "run", sys.executable, "-c", script),
            cwd=project,
            stdout=subprocess.PIPE,
            text=True,
            check=False,
        )
        assert result.returncode == 7
        assert not answers(result.stdout)

    def test_runs_in_the_background_from_start_to_stop(self, tmp_path, project):
        (tmp_path / "storage").mkdir()
        (tmp_path / "storage" / "server.pid").write_text("1", encoding="utf-8")  # as a restored CI cache has it
        subprocess.run(self.command(tmp_path, "start"), cwd=project, check=True)
        pid = int((tmp_path / "storage" / "server.pid").read_text(encoding="utf-8"))
        assert (project / ".dvc" / "config.local").exists()
        subprocess.run(self.command(tmp_path, "stop"), cwd=project, check=True)
        assert is_gone(pid)
        assert not (project / ".dvc" / "config.local").exists()
