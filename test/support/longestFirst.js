const { default: Sequencer } = require('@jest/test-sequencer');

/**
 * Jest begins with the files that took longest in the last run, and in a fresh clone with those of the most bytes:
 * the random schedules, two files of a few lines, would come last, and one worker would wait for the other.
 */
module.exports = class LongestFirst extends Sequencer {
	sort(tests) {
		const isLong = ({ path }) => /[\\/]schedules\.(calling|polled)\.test\.ts$/.test(path);
		const sorted = super.sort(tests);
		return [...sorted.filter(isLong), ...sorted.filter((test) => !isLong(test))];
	}
};
