"""Each run leads back to the person who started it."""

from casework.runs import close_run, open_run
from casework.workplace import Workplace
from tests.workbench import ACTING, ANNE, ROBOT, events, rows


def test_a_run_is_opened_by_a_person_and_worked_by_the_robot_on_his_behalf(place: Workplace) -> None:
    run_id, acting = open_run(place, robot=ROBOT, robot_version="1.0", starter=ANNE, acting=ACTING)
    assert rows(place, "SELECT started_by FROM run") == [{"started_by": "anne"}]
    assert (acting.actor.id, acting.actor.on_behalf_of, acting.run_id) == (ROBOT, "anne", str(run_id))
    (told,) = events(place)
    assert (told["type"], told["actor"]["id"], told["run"]["run"]) == ("run.opened", "anne", str(run_id))


def test_a_closed_run_tells_what_came_of_it(place: Workplace) -> None:
    run_id, acting = open_run(place, robot=ROBOT, robot_version="1.0", starter=ANNE, acting=ACTING, is_dry=True)
    place.clock.sleep(5)
    close_run(place, run_id, acting=acting, counts={"completed": 3}, log_digest="abc")
    told = events(place)[-1]
    assert (told["type"], told["outcome"], told["facts"]) == ("run.closed", "ok", {"completed": 3, "log": "abc"})
    (row,) = rows(place, "SELECT is_dry, ended_at, log_digest FROM run")
    assert (bool(row["is_dry"]), row["log_digest"]) == (True, "abc")
    assert row["ended_at"] is not None


def test_a_run_that_ended_early_says_so(place: Workplace) -> None:
    run_id, acting = open_run(place, robot=ROBOT, robot_version="1.0", starter=ANNE, acting=ACTING)
    close_run(place, run_id, acting=acting, counts={}, failure="circuit_open")
    told = events(place)[-1]
    assert (told["outcome"], told["facts"]) == ("failed", {"failure": "circuit_open"})
