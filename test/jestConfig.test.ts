import type Sequencer from '@jest/test-sequencer';
import { readdirSync } from 'node:fs';
import path from 'node:path';

type Tests = Parameters<Sequencer['sort']>[0];

interface Config {
	maxWorkers?: number | string;
	testSequencer: string;
}

/** The files of a folder as jest knows them when it has run none of them, with the same size for all. */
function testsOfFreshClone(folder: string): Tests {
	const context = { config: { cache: false }, hasteFS: { getSize: () => 1 } };
	return readdirSync(path.join(__dirname, folder), { encoding: 'utf8' })
		.filter((file) => file.endsWith('.test.ts'))
		.map((file) => ({ path: path.join(__dirname, folder, file), context })) as object as Tests;
}

/** @returns the names of the files in the order in which jest begins with them */
async function orderOf({ testSequencer }: Config, folder: string): Promise<string[]> {
	const LongestFirst = jest.requireActual<typeof Sequencer>(testSequencer.replace('<rootDir>', '..'));
	const options = { contexts: [], globalConfig: {} } as object as ConstructorParameters<typeof Sequencer>[0];
	const tests = testsOfFreshClone(folder);
	const sorted = await new LongestFirst(options).sort([...tests]);
	expect(sorted).toHaveLength(tests.length);
	return sorted.map((test) => path.basename(test.path, '.test.ts'));
}

describe('npm test', () => {
	const config = jest.requireActual<Config>('../jest.config.js');

	it('uses every core, where jest would spare one', () => {
		expect(config.maxWorkers).toBe('100%');
	});

	it('begins with the random schedules in a fresh clone', async () => {
		const order = await orderOf(config, 'nodes');
		expect(order.slice(0, 2)).toEqual(['schedules.polled', 'schedules.calling']);
	});
});

describe('npm run test:e2e', () => {
	const config = jest.requireActual<Config>('./e2e/jest.config.js');

	it('runs two files side by side', () => {
		expect(config.maxWorkers).toBe(2);
	});

	it('begins with the files that take longest in a fresh clone', async () => {
		const order = await orderOf(config, 'e2e');
		expect(order.slice(0, 3)).toEqual(['editor', 'waiting', 'bigFiles']);
	});
});
