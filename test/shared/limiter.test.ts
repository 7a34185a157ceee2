import { keyedLimiter, limiter } from '../../nodes/shared/limiter';

describe('Limiter', () => {
	const gate = () => {
		let open = () => {};
		const passed = new Promise<void>((resolve) => (open = resolve));
		return { open, passed };
	};

	it('runs so many at once, and the others in their order', async () => {
		const limit = limiter(2);
		const gates = [gate(), gate(), gate(), gate()];
		const entered: number[] = [];
		const all = gates.map(async ({ passed }, index) =>
			limit(async () => {
				entered.push(index);
				await passed;
				return index;
			}),
		);
		await Promise.resolve();
		expect(entered).toEqual([0, 1]);
		gates[1]?.open();
		await all[1];
		await Promise.resolve();
		expect(entered).toEqual([0, 1, 2]);
		for (const { open } of gates) open();
		expect(await Promise.all(all)).toEqual([0, 1, 2, 3]);
	});

	it('continues after work that fails', async () => {
		const limit = limiter(1);
		await expect(limit(async () => await Promise.reject(new Error('no')))).rejects.toThrow('no');
		expect(await limit(async () => await Promise.resolve('yes'))).toBe('yes');
	});

	it('delays nothing without a limit', async () => {
		const limit = limiter(Infinity);
		const { open, passed } = gate();
		const all = Array.from({ length: 1_000 }, async () => await limit(async () => await passed));
		open();
		expect(await Promise.all(all)).toHaveLength(1_000);
	});
});

describe('Limiter by key', () => {
	const never = async () => await new Promise<never>(() => {});
	const flushPromises = async () => await new Promise((resolve) => setImmediate(resolve));

	it('does not let the work of one key delay that of another', async () => {
		const limit = keyedLimiter(2);
		const entered: string[] = [];
		const enter = (name: string, key: string) =>
			void limit(key)(async () => {
				entered.push(name);
				return await never();
			});
		for (const name of ['a1', 'a2', 'a3']) enter(name, 'a');
		enter('b1', 'b');
		await flushPromises();
		expect(entered).toEqual(['a1', 'a2', 'b1']);
	});

	it('limits all work of a key together, also after earlier work has ended', async () => {
		const limit = keyedLimiter(1);
		await limit('a')(async () => await Promise.resolve());
		const entered: number[] = [];
		for (const each of [1, 2]) {
			void limit('a')(async () => {
				entered.push(each);
				return await never();
			});
		}
		await flushPromises();
		expect(entered).toEqual([1]);
	});

	it('keeps nothing of a key whose work has ended or failed', async () => {
		const kept = jest.spyOn(Map.prototype, 'set');
		const limit = keyedLimiter(1);
		await Promise.all(['a', 'a', 'b'].map(async (key) => await limit(key)(async () => await Promise.resolve())));
		await expect(limit('c')(async () => await Promise.reject(new Error('no')))).rejects.toThrow('no');
		const maps = new Set(kept.mock.contexts as Array<Map<string, unknown>>);
		kept.mockRestore();
		expect([...maps].filter((map) => ['a', 'b', 'c'].some((key) => map.has(key)))).toEqual([]);
	});
});
