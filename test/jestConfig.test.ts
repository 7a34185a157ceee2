import type Sequencer from '@jest/test-sequencer';
import { readdirSync } from 'node:fs';
import path from 'node:path';

type Tests = Parameters<Sequencer['sort']>[0];

const config = jest.requireActual<{ maxWorkers?: string; testSequencer: string }>('../jest.config.js');
const LongestFirst = jest.requireActual<typeof Sequencer>(config.testSequencer.replace('<rootDir>', '..'));

/** The tests of the package as jest knows them when it has run none of them, with the same size for all. */
function testsOfFreshClone(): Tests {
	const context = { config: { cache: false }, hasteFS: { getSize: () => 1 } };
	return readdirSync(__dirname, { encoding: 'utf8', recursive: true })
		.filter((file) => file.endsWith('.test.ts') && !file.startsWith('e2e'))
		.map((file) => ({ path: path.join(__dirname, file), context })) as object as Tests;
}

describe('npm test', () => {
	it('uses every core, where jest would spare one', () => {
		expect(config.maxWorkers).toBe('100%');
	});

	it('begins with the random schedules, also when no file has been run before', async () => {
		const tests = testsOfFreshClone();
		const sequencer = new LongestFirst({ contexts: [], globalConfig: {} } as object as ConstructorParameters<typeof Sequencer>[0]);
		const sorted = await sequencer.sort([...tests]);
		expect(sorted).toHaveLength(tests.length);
		expect(sorted.slice(0, 2).map((test) => path.basename(test.path)).sort()).toEqual([
			'schedules.calling.test.ts',
			'schedules.polled.test.ts',
		]);
	});
});
