import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const runner = pathToFileURL(path.join(__dirname, '../../harness/runWithProgress.mjs')).href;

let folder: string;

beforeEach(() => {
	folder = mkdtempSync(path.join(tmpdir(), 'progress-'));
});

afterEach(() => rmSync(folder, { recursive: true }));

/** Runs a command that ends with `status` once two lines of progress were said, or at once. Gives what was said and the outcome. */
function runCommand({ isTerminal, status }: { isTerminal: boolean; status: number }) {
	const file = path.join(folder, 'enough');
	const waiting = `const wait = () => require('fs').existsSync(${JSON.stringify(file)}) ? process.exit(${status}) : setTimeout(wait, 5); wait();`;
	const code = isTerminal ? `process.exit(${status})` : waiting;
	const script = `
		import { writeFileSync } from 'node:fs';
		import { runWithProgress } from ${JSON.stringify(runner)};
		const said = [];
		const outcome = await runWithProgress(process.execPath, ['-e', ${JSON.stringify(code)}], {
			what: 'downloading n8n',
			everyMs: 5,
			isTerminal: ${isTerminal},
			say(line) {
				said.push(line);
				if (said.length === 3) writeFileSync(${JSON.stringify(file)}, '');
			},
		});
		console.log(JSON.stringify({ outcome, said }));
	`;
	const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
	return JSON.parse(stdout) as { outcome: number; said: string[] };
}

it('says again and again how long it has been running, where there is no terminal', () => {
	const { outcome, said } = runCommand({ isTerminal: false, status: 0 });
	expect(outcome).toBe(0);
	expect(said.slice(1, 3)).toEqual([
		expect.stringMatching(/^… still downloading n8n, \d+ s so far$/),
		expect.stringMatching(/^… still downloading n8n, \d+ s so far$/),
	]);
});

it('leaves a terminal to the command, and tells how it ended', () => {
	const { outcome, said } = runCommand({ isTerminal: true, status: 3 });
	expect(outcome).toBe(3);
	expect(said).toEqual([expect.stringMatching(/^> /)]);
});
