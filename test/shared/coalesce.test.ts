import { coalesce } from '../../nodes/shared/callback/coalesce';

describe('Calls that come together', () => {
	/** Lets a look end, which began with what was true then. */
	const lab = () => {
		const looks: Array<(found?: string) => void> = [];
		const join = coalesce<string>();
		const call = () => join('execution', async () => await new Promise((resolve) => looks.push(resolve)));
		return { looks, call };
	};

	it('look once', async () => {
		const { looks, call } = lab();
		const calls = [call(), call(), call()];
		await Promise.resolve();
		looks[0]?.('all ended');
		expect(await Promise.all(calls.map(async ({ result }) => await result))).toEqual(Array(3).fill('all ended'));
		expect(calls.map(({ isFirst }) => isFirst)).toEqual([true, false, false]);
		expect(looks).toHaveLength(1);
	});

	it('look once more if one came while it was looked at, and it is still open', async () => {
		const { looks, call } = lab();
		const first = call();
		await Promise.resolve();
		call();
		call();
		looks[0]?.();
		await settled();
		expect(looks).toHaveLength(2);
		looks[1]?.('all ended');
		expect(await first.result).toBe('all ended');
	});

	it('look anew after one that failed', async () => {
		const join = coalesce<string>();
		const failed = join('execution', async () => await Promise.reject(new Error('no answer')));
		await expect(failed.result).rejects.toThrow('no answer');
		const next = join('execution', async () => await Promise.resolve('all ended'));
		expect(next.isFirst).toBe(true);
		expect(await next.result).toBe('all ended');
	});

	it('about different things do not wait for each other', () => {
		const join = coalesce<string>();
		const never = async () => await new Promise<undefined>(() => {});
		expect([join('one', never), join('other', never)].map(({ isFirst }) => isFirst)).toEqual([true, true]);
	});

	it.each([...Array(12).keys()])('never join a look that is over (%i steps later)', async (steps) => {
		const { looks, call } = lab();
		call();
		await settled();
		looks[0]?.();
		for (let step = 0; step < steps; step++) await Promise.resolve();
		call();
		await settled();
		// Whoever comes after the first look is looked for again.
		expect(looks).toHaveLength(2);
	});
});

/** Everything that needs no time has happened. */
const settled = async () => await new Promise((resolve) => setImmediate(resolve));
