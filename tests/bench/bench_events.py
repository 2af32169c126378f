#!/usr/bin/env python3
"""What knowing events ahead takes off the error of forecasts: hourly loads into which campaigns, or days that are like
Sundays, are put at known times, forecast a day ahead with and without a list of them, and as a control a list of times at
which nothing happens. Beside it, told the same, a regression on daily and weekly harmonics and the events with ARMA(2,1)
errors (statsmodels).

    apt-get install python3-statsmodels
    tests/bench/bench_events.py --history LOADS.csv [--rounds N] [--coordinator PATH]

The file is in the format of `foreshock-coordinator backtest` (gzip or not); series of hours and three weeks or more are looked at.
"""
import argparse
import json
import os
import subprocess
import tempfile
import warnings

import numpy
import pandas
from statsmodels.tsa.statespace.sarimax import SARIMAX

import measure

DAY = 24
WEEK = 7 * DAY
HORIZON = DAY
CAMPAIGN = 3  # hours
LEAST_HISTORY = 15 * DAY
UTC = "%Y-%m-%dT%H:%M:%SZ"


def put_campaigns(series, random, size):
    """One in three days, of varying height; `size` 0 is the control."""
    changed, spans = series.copy(), []
    for day in range(1, len(series) // DAY, 3):
        begin = day * DAY + int(random.integers(6, 20))
        height = size * series.mean() * random.lognormal(0, .3)
        changed.iloc[begin:begin + CAMPAIGN] += height
        spans.append((begin, begin + CAMPAIGN))
    return changed, spans


def put_days(series, random, are_sundays):
    """One workday in a week is as the Sunday before was; otherwise the control."""
    changed, spans = series.copy(), []
    first_sunday = next(day for day in range(7) if series.index[day * DAY + 12].dayofweek == 6)
    for sunday in range(first_sunday, len(series) // DAY - 6, 7):
        begin = (sunday + 2 + int(random.integers(0, 4))) * DAY
        if are_sundays:
            changed.iloc[begin:begin + DAY] = series.iloc[sunday * DAY:(sunday + 1) * DAY].values
        spans.append((begin, begin + DAY))
    return changed, spans


def product(options, past, spans, index):
    with tempfile.TemporaryDirectory() as directory:
        pandas.DataFrame({"timestamp": past.index.strftime(UTC), "value": past.values}).to_csv(
            f"{directory}/load.csv", index=False)
        command = [options.coordinator, "forecast", "--csv", f"{directory}/load.csv", "--step", "1h", "--horizon",
                   f"{HORIZON}h", "--json"]
        if spans:
            hour = pandas.Timedelta(hours=1)
            times = [(index[0] + hour * begin, index[0] + hour * end) for begin, end in spans]
            pandas.DataFrame([(a.strftime(UTC), b.strftime(UTC)) for a, b in times], columns=["start", "end"]).to_csv(
                f"{directory}/events.csv", index=False)
            command += ["--events", f"{directory}/events.csv"]
        points = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)["points"]
    return [numpy.array([point[name] for point in points]) for name in ("q50", "q10", "q90")]


def harmonics(positions, inside):
    columns = [inside]
    for period, count in ((DAY, 3), (WEEK, 2)):
        for k in range(1, count + 1):
            angle = 2 * numpy.pi * k * positions / period
            columns += [numpy.sin(angle), numpy.cos(angle)]
    return numpy.column_stack(columns)


def regression(past, inside):
    known = len(past)
    regressors = harmonics(numpy.arange(known + HORIZON), inside[:known + HORIZON])
    model = SARIMAX(past.values, exog=regressors[:known], order=(2, 0, 1), trend="c")
    return model.fit(disp=False, maxiter=50).forecast(HORIZON, exog=regressors[known:])


def tasks_of(changed, spans, random):
    """Origins within the day before an event, where half the series is known."""
    for begin, end in spans:
        origin = begin - int(random.integers(1, HORIZON - (end - begin) + 1)) if end - begin < HORIZON else begin
        if origin >= LEAST_HISTORY and origin + HORIZON <= len(changed):
            yield origin


KINDS = {
    "campaigns": lambda series, random: put_campaigns(series, random, .7),
    "hours in which nothing happens": lambda series, random: put_campaigns(series, random, 0),
    "days like Sundays": lambda series, random: put_days(series, random, True),
    "days on which nothing happens": lambda series, random: put_days(series, random, False),
}


def run(kind, options, loads):
    errors = {"foreshock, told": [], "foreshock": [], "regression, told": []}
    elsewhere = {name: [] for name in errors}
    covered = []
    for seed in range(options.rounds):
        random = numpy.random.default_rng(seed)
        for series in loads:
            changed, spans = KINDS[kind](series, random)
            inside = numpy.zeros(len(changed) + HORIZON)
            for begin, end in spans:
                inside[begin:end] = 1
            unit = numpy.mean(numpy.abs(series.values[DAY:] - series.values[:-DAY]))
            for origin in tasks_of(changed, spans, random):
                past, came = changed.iloc[:origin], changed.values[origin:origin + HORIZON]
                told, low, high = product(options, past, spans, changed.index)
                said = {"foreshock, told": told, "foreshock": product(options, past, None, changed.index)[0]}
                said["regression, told"] = regression(past, inside)
                is_event = inside[origin:origin + HORIZON] == 1
                for name, values in said.items():
                    error = numpy.abs(values - came) / unit
                    errors[name] += list(error[is_event])
                    elsewhere[name] += list(error[~is_event])
                covered += list((low <= came)[is_event] & (came <= high)[is_event])
    for name, values in errors.items():
        outside = f"{numpy.mean(elsewhere[name]):.3f}" if elsewhere[name] else ""
        inside80 = f"{numpy.mean(covered):.2f}" if name == "foreshock, told" else ""
        print(f"| {kind} | {name} | {numpy.mean(values):.3f} | {outside} | {inside80} | {len(values)} |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--coordinator", default=os.path.join(measure.TOP, "build/release/coordinator/foreshock-coordinator"))
    parser.add_argument("--history", required=True)
    parser.add_argument("--rounds", type=int, default=2)
    options = parser.parse_args()
    warnings.simplefilter("ignore")  # of convergence; the forecast counts
    history = pandas.read_csv(options.history, parse_dates=["timestamp_utc"])
    loads = [rows.set_index("timestamp_utc")["value"].asfreq("h").interpolate()
             for _, rows in history.groupby("series_id") if len(rows) >= 3 * WEEK]
    if not loads:
        raise SystemExit(f"{options.history}: no series of three weeks")
    print(f"{len(loads)} series; error in that of yesterday's value, hours of events and others\n"
          "| | | in events | elsewhere | in the 80 % band | hours |\n|---|---|---|---|---|---|")
    for kind in KINDS:
        run(kind, options, loads)


if __name__ == "__main__":
    main()
