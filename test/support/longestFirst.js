const { default: Sequencer } = require('@jest/test-sequencer');

/** The files that take longest, though they are small, or wait for most of their time. */
const longFiles = [
	'nodes/schedules.polled',
	'nodes/schedules.calling',
	'e2e/editor',
	'e2e/waiting',
	'e2e/bigFiles',
];

/**
 * Jest begins with the files that took longest in the last run, and in a fresh clone with the largest ones. There
 * the random schedules, two files of a few lines, would come last, and one worker would wait for the other.
 */
module.exports = class LongestFirst extends Sequencer {
	sort(tests) {
		const place = ({ path }) => {
			const index = longFiles.findIndex((file) => path.replaceAll('\\', '/').endsWith(`/${file}.test.ts`));
			return index < 0 ? longFiles.length : index;
		};
		return super.sort(tests).sort((one, other) => place(one) - place(other));
	}
};
