// Runs rows of a test and reports each as a line of JSON, which the Go test
// that started the script turns into a subtest.

const patience = 15_000;

function report(line) {
  console.log(JSON.stringify(line));
}

// terminate asks the Go test to end a server gracefully.
export function terminate(server) {
  report({ terminate: server });
}

// run runs the rows one after the other, then says how many there were, so
// that none can be lost unnoticed.
export async function run(rows) {
  const names = Object.keys(rows);
  for (const name of names) {
    report({ row: name, error: await outcome(rows[name]) });
  }
  report({ rows: names.length });
}

// outcome is undefined if the row succeeds, else what went wrong.
async function outcome(row) {
  try {
    await inTime(row());
  } catch (e) {
    return String(e?.stack ?? e);
  }
}

function inTime(promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`nothing for ${patience} ms`)), patience);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
