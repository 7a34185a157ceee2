import { describeInterval, isWithin, megabyte, roundedOutside, type Interval } from '../../nodes/shared/quantities';

describe('An interval', () => {
	it.each<[Interval, number[], number[], string]>([
		[{ min: 2, max: 15 }, [2, 15], [1.999, 15.001], '2–15'],
		[{ above: 0.4, below: 2.5 }, [0.401, 2.499], [0.4, 2.5, 0.395], 'more than 0.4 and less than 2.5'],
		[{ max: 50 }, [0, 50], [50.1], 'up to 50'],
		[{ below: 30 }, [0, 29.9], [30], 'less than 30'],
		[{ min: 4 }, [4, 1e9], [3], 'at least 4'],
		[{ above: 0, max: 1 }, [0.1, 1], [0, 2], 'more than 0 and up to 1'],
	])('of %j has %j and not %j, and is "%s" in words', (interval, inside, outside, words) => {
		expect(inside.filter((value) => !isWithin(value, interval))).toEqual([]);
		expect(outside.filter((value) => isWithin(value, interval))).toEqual([]);
		expect(describeInterval(interval)).toBe(words);
	});

	it('of bytes is described in megabytes', () => {
		expect(describeInterval({ below: 30 * megabyte }, megabyte)).toBe('less than 30');
	});

	it.each([
		[15.25, { max: 15 }, 1, 15.25],
		[15.000_04, { max: 15 }, 1, 15.000_04],
		[0.39999, { min: 0.4 }, 1, 0.39999],
		[2.5, { below: 2.5 }, 1, 2.5],
		[1.95833, { min: 2 }, 1, 1.958],
		[30 * megabyte + 1, { max: 30 * megabyte }, megabyte, 30.000_001],
	])('without %d never rounds it to a value inside', (value, interval, unitSize, shown) => {
		expect(roundedOutside(value, interval, unitSize)).toBe(shown);
	});
});
