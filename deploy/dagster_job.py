"""Dagster: a job that applies a plan every night."""

import json
import subprocess

import dagster as dg


@dg.op(retry_policy=dg.RetryPolicy(max_retries=2, delay=600))
def apply(context: dg.OpExecutionContext) -> None:
    command = ["sigma-migrate", "apply", "/plans/nightly.yaml", "--yes", "--wait", "30m", "--quiet", "--output", "json"]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=False)
    outcome = json.loads(done.stdout) if done.stdout else {}
    context.add_output_metadata({"says": outcome.get("says", ""), "report": outcome.get("report", "")})
    if done.returncode:
        raise dg.Failure(f"exit code {done.returncode}: {outcome.get('says', 'see the log')}")


@dg.job
def sigma_migrate() -> None:
    apply()


defs = dg.Definitions(
    jobs=[sigma_migrate], schedules=[dg.ScheduleDefinition(job=sigma_migrate, cron_schedule="0 1 * * *")]
)
