# Part of the RMSNorm project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What processes that share a disk cache find in it, whatever happens to its files and to them.

cache.py PROGRAM FOLDER: PROGRAM is capi-cache, FOLDER is made.
"""

import os
import pathlib
import random
import shutil
import subprocess
import sys
import time

PROGRAM, FOLDER = sys.argv[1], pathlib.Path(sys.argv[2])


def start(first, count, seed=0, size=0, **variables):
    variables = {"RMSNORM_CACHE": "1", "RMSNORM_CACHE_DIR": str(FOLDER), **variables}
    environment = {**os.environ, **{name: value for name, value in variables.items() if value is not None}}
    for name, value in variables.items():
        if value is None:
            environment.pop(name, None)
    return subprocess.Popen([PROGRAM, "run", str(first), str(count), str(seed), str(size)], env=environment,
                            text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def check(first, count, did, problem="", directory=None, size=0, **variables):
    """`did`: how many kernels are compiled, loaded, rejected, and not stored."""
    process = start(first, count, 0, size, **variables)
    output = process.communicate()[0]
    want = ("compiled {}, loaded {}, rejected {}, not stored {}\n".format(*did) +
            f"directory '{FOLDER if directory is None else directory}'\nproblem '{problem}'\n")
    assert process.returncode == 0 and output == want, f"expected\n{want}but got\n{output}"


def entries():
    return sorted(path for path in FOLDER.rglob("*") if path.is_file())


def clear():
    shutil.rmtree(FOLDER, ignore_errors=True)


def test_second_process():
    check(8, 3, (3, 0, 0, 0))
    assert len(entries()) == 3
    assert FOLDER.stat().st_mode & 0o777 == 0o700
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in entries())
    check(8, 4, (1, 3, 0, 0))


def test_damage():
    """A byte of each part of a file is another, or the file ends there: it is not used, and written anew."""
    check(8, 1, (1, 0, 0, 0))
    (path,) = entries()
    good = path.read_bytes()
    key = good.index(b"kernel\n")
    content = good.index(b"\x7fELF")
    for place in (0, 7, 8, 12, 16, 24, 32, key, (key + content) // 2, content, (content + len(good)) // 2, len(good) - 1):
        flipped = bytearray(good)
        flipped[place] ^= 1 << random.randrange(8)
        for bad in (bytes(flipped), good[:place]):
            path.write_bytes(bad)
            check(8, 1, (1, 0, 1, 0), f"the cache entry '{path}' is damaged")
            assert path.read_bytes() == good
    path.write_bytes(good + b"\0")
    check(8, 1, (1, 0, 1, 0), f"the cache entry '{path}' is damaged")
    check(8, 1, (0, 1, 0, 0))


def test_another_entry():
    """A file under another's name is as it was written, but not what was asked for."""
    check(8, 2, (2, 0, 0, 0))
    one, two = entries()
    shutil.copy(one, two)
    check(8, 2, (1, 1, 1, 0), f"the cache entry '{two}' is damaged")


def test_others_could_write():
    check(8, 1, (1, 0, 0, 0))
    (path,) = entries()
    denied = f"the cache entry '{path}' cannot be used: Permission denied"
    for mode in (0o620, 0o602):
        path.chmod(mode)
        check(8, 1, (1, 0, 1, 0), denied)
    elsewhere = FOLDER / "elsewhere"
    path.rename(elsewhere)
    path.symlink_to(elsewhere)
    check(8, 1, (1, 0, 1, 0), f"the cache entry '{path}' cannot be used: Too many levels of symbolic links")
    assert not path.is_symlink()
    path.unlink()
    os.mkfifo(path)
    check(8, 1, (1, 0, 1, 0), denied)
    path.unlink()
    path.mkdir()
    check(8, 1, (1, 0, 1, 1), denied)
    path.rmdir()
    FOLDER.chmod(0o770)
    check(8, 1, (1, 0, 0, 0), f"expected the cache directory '{FOLDER}' to belong to the user and to be writeable by "
          "nobody else, but it is not so")
    if os.geteuid() == 0:
        FOLDER.chmod(0o700)
        os.chown(FOLDER, 12345, -1)
        check(8, 1, (1, 0, 0, 0), f"expected the cache directory '{FOLDER}' to belong to the user and to be writeable "
              "by nobody else, but it is not so")


def test_no_directory():
    FOLDER.write_text("a file")
    below = FOLDER / "below"
    check(8, 1, (1, 0, 0, 0), f"cannot make the cache directory '{below}': Not a directory", below,
          RMSNORM_CACHE_DIR=str(below))
    FOLDER.unlink()


def test_read_only():
    """What is there is used; what is not is not kept."""
    if os.geteuid() == 0:
        return
    check(8, 1, (1, 0, 0, 0))
    FOLDER.chmod(0o500)
    (path,) = entries()
    path.parent.chmod(0o500)
    process = start(8, 20)
    output = process.communicate()[0]
    FOLDER.chmod(0o700)
    path.parent.chmod(0o700)
    assert output.startswith("compiled 19, loaded 1, rejected 0, not stored 19\n") and "Permission denied" in output


def test_environment():
    check(8, 1, (1, 0, 0, 0), directory="", RMSNORM_CACHE="0")
    check(8, 1, (1, 0, 0, 0), "expected RMSNORM_CACHE to be 0 or 1, but got 'no'", "", RMSNORM_CACHE="no")
    for size in ("-1", "1G", "99999999999999999999"):
        check(8, 1, (1, 0, 0, 0), f"expected RMSNORM_CACHE_SIZE to be a number of megabytes, but got '{size}'", "",
              RMSNORM_CACHE_SIZE=size)
    unset = dict.fromkeys(("RMSNORM_CACHE", "RMSNORM_CACHE_DIR", "XDG_CACHE_HOME", "HOME"))
    check(8, 1, (1, 0, 0, 0), "expected RMSNORM_CACHE_DIR, XDG_CACHE_HOME or HOME to name a directory, but none does",
          "", **unset)
    assert not entries()
    for variables, directory in (({"HOME": str(FOLDER)}, FOLDER / ".cache" / "rmsnorm"),
                                 ({"XDG_CACHE_HOME": str(FOLDER / "xdg"), "HOME": "/"}, FOLDER / "xdg" / "rmsnorm"),
                                 ({"XDG_CACHE_HOME": "relative", "HOME": str(FOLDER / "home")},
                                  FOLDER / "home" / ".cache" / "rmsnorm")):
        check(8, 1, (1, 0, 0, 0), "", directory, **{**unset, **variables})
        check(8, 1, (0, 1, 0, 0), "", directory, **{**unset, **variables})


def test_size():
    """No more than allowed, and in each folder what was used last stays."""
    check(8, 40, (40, 0, 0, 0))
    before = entries()
    for index, path in enumerate(before):
        os.utime(path, (10**9 + index, 10**9 + index))
    check(8, 10, (0, 10, 0, 0))
    used = {path: path.stat().st_mtime for path in before}
    assert sum(when > time.time() - 600 for when in used.values()) == 10
    allowed = 16 * 3 * max(path.stat().st_size for path in before)
    check(48, 40, (40, 0, 0, 0), size=allowed)
    after = set(entries())
    full = {path.parent for path in after - set(before)}
    assert sum(path.stat().st_size for path in after if path.parent in full) <= allowed
    gone = [path for path in before if path not in after]
    assert gone
    # Times of use are those of the kernel's clock, which ticks in milliseconds.
    for path in gone:
        assert all(used[path] <= used[kept] for kept in before if kept in after and kept.parent == path.parent)
    # Nothing is allowed: nothing stays where something is put in.
    check(100, 20, (20, 0, 0, 0), RMSNORM_CACHE_SIZE="0")
    check(100, 20, (20, 0, 0, 0), RMSNORM_CACHE_SIZE="0")


def test_killed():
    """Ten processes at a time fill one cache for some seconds, and are killed at any moment."""
    draw = random.Random(0)
    running, killed, finished, end = {}, 0, 0, time.monotonic() + 4
    while time.monotonic() < end or running:
        while len(running) < 10 and time.monotonic() < end:
            running[start(8, 20, draw.randrange(1000))] = time.monotonic() + draw.expovariate(1)
        for process, deadline in list(running.items()):
            if process.poll() is None and time.monotonic() > deadline:
                process.kill()
            if process.poll() is None:
                continue
            output = process.communicate()[0]
            assert process.returncode in (0, -9), output
            assert process.returncode or "rejected 0, not stored 0" in output, output
            killed, finished = killed + (process.returncode != 0), finished + (process.returncode == 0)
            del running[process]
        time.sleep(0.001)
    left = len(entries())
    print(f"{killed} killed, {finished} finished, {left} files left")
    assert killed >= 10 and left > 0
    process = start(8, 20)
    output = process.communicate()[0]
    assert process.returncode == 0 and "rejected 0, not stored 0" in output and "problem ''" in output, output
    check(8, 20, (0, 20, 0, 0))


for name, test in list(globals().items()):
    if name.startswith("test_"):
        clear()
        test()
clear()
print("all checks passed")
