"""Waiting for a thing itself, with a deadline and a reason."""
import time


def wait_until(true, seconds, what, every=0.05):
    """Polls until `true()` gives something true, and returns it; AssertionError when the time is over."""
    deadline = time.monotonic() + seconds
    while True:
        result = true()
        if result:
            return result
        if time.monotonic() >= deadline:
            raise AssertionError(f"waited {seconds} s in vain: {what() if callable(what) else what}")
        time.sleep(every)
