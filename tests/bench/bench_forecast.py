#!/usr/bin/env python3
"""What a forecast costs and how good it is, beside STL + ARIMA (statsmodels) on the same tasks in the same run: processor
time from the history to the forecast, absolute error as a share of a seasonal naive's.

    apt-get install python3-statsmodels
    tests/bench/bench_forecast.py --history LOADS.csv --tasks TASKS.csv [--set PREFIX] [--coordinator PATH]

Both files are in the formats of `foreshock-coordinator backtest` (gzip or not); of the tasks only those of steps of an hour
are done. The product's time is that of the whole process, its start and the reading of the files included; statsmodels' is
that of fit and forecast alone.
"""
import argparse
import os
import resource
import statistics
import subprocess
import tempfile
import time
import warnings

import pandas
from statsmodels.tsa.arima.model import ARIMA
from statsmodels.tsa.forecasting.stl import STLForecast

import measure

SEASON = 24  # hours


def read(path, times):
    return pandas.read_csv(path, parse_dates=times)


def stl_arima(past, horizon):
    fit = STLForecast(past, ARIMA, model_kwargs={"order": (2, 0, 1), "trend": "c"}, period=SEASON).fit()
    return fit.forecast(horizon)


def naive(past, horizon):
    return [past[len(past) - SEASON + step % SEASON] for step in range(horizon)]


def mean_error(said, came):
    pairs = [abs(a - b) for a, b in zip(said, came) if b == b]
    return statistics.fmean(pairs)


def children_seconds():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def product(options, history, tasks):
    """Forecast means by task, and CPU seconds for each."""
    with tempfile.TemporaryDirectory() as directory:
        history.to_csv(f"{directory}/history.csv", index=False, date_format="%Y-%m-%dT%H:%M:%SZ")
        tasks.to_csv(f"{directory}/tasks.csv", index=False, date_format="%Y-%m-%dT%H:%M:%SZ")
        before = children_seconds()
        subprocess.run([options.coordinator, "backtest", "--jobs", "1", "--history", f"{directory}/history.csv", "--tasks",
                        f"{directory}/tasks.csv", "--out", f"{directory}/out.csv"], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        seconds = (children_seconds() - before) / len(tasks)
        said = pandas.read_csv(f"{directory}/out.csv")
    return {task: list(rows["mean"]) for task, rows in said.groupby("task_id", sort=False)}, seconds


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--coordinator", default=os.path.join(measure.TOP, "build/release/coordinator/foreshock-coordinator"))
    parser.add_argument("--history", required=True)
    parser.add_argument("--tasks", required=True)
    parser.add_argument("--set", default="", help="only tasks whose name begins so")
    options = parser.parse_args()
    warnings.simplefilter("ignore")  # of convergence; the forecast counts

    history = read(options.history, ["timestamp_utc"])
    tasks = read(options.tasks, ["origin_utc"])
    tasks = tasks[(tasks.freq_s == 3600) & tasks.task_id.str.startswith(options.set)
                  & tasks.series_id.isin(history.series_id.unique())]
    if tasks.empty:
        raise SystemExit(f"{options.tasks}: no task of hourly steps about a series of {options.history}")
    ours, ours_seconds = product(options, history, tasks)

    errors = {"foreshock": [], "STL + ARIMA": []}
    theirs_seconds = 0.0
    for task in tasks.itertuples():
        series = history[history.series_id == task.series_id].set_index("timestamp_utc")["value"].asfreq("h")
        past = series[:task.origin_utc].interpolate()
        came = list(series[task.origin_utc:][1:task.horizon + 1])
        began = time.process_time()
        said = list(stl_arima(past, task.horizon))
        theirs_seconds += time.process_time() - began
        yardstick = mean_error(naive(list(past), task.horizon), came)
        errors["STL + ARIMA"].append(mean_error(said, came) / yardstick)
        errors["foreshock"].append(mean_error(ours[task.task_id], came) / yardstick)
    theirs_seconds /= len(tasks)

    print(f"{len(tasks)} tasks\n| | CPU ms a forecast | error beside the naive's, median |\n|---|---|---|")
    for name, seconds in (("foreshock", ours_seconds), ("STL + ARIMA", theirs_seconds)):
        print(f"| {name} | {seconds * 1e3:.1f} | {statistics.median(errors[name]):.3f} |")
    print(f"| ratio | {ours_seconds / theirs_seconds:.3f} | |")


if __name__ == "__main__":
    main()
