"""Curves, by hand: one thing varied, the rest as in the workload fp-bench."""


def users(run):
    """The engine alone, 10,000 to 10 million users."""
    from driver import engine
    run.table.say("engine alone, rules of fp-bench")
    for count in (10000, 100000, 1000000, 10000000):
        took, held = engine(count, max(2000000, 2 * count))
        run.table.row(f"{count} users: ns/event", took, 0, note=f"  {held} bytes/user")
    return True


def rules(run):
    """The engine alone, 1 to 10,000 rules of which an event touches at most five."""
    from driver import engine
    run.table.say("engine alone, 10000 users, an event touches 5 rules")
    for count in (5, 50, 500, 1000, 10000):
        run.table.row(f"{count} rules: ns/event", [engine(10000, 300000, count)[0] for _ in range(3)], 0)
    return True


CURVES = {"users": users, "rules": rules}
