import { limiter } from '../../nodes/shared/limiter';

describe('Limiter', () => {
	const gate = () => {
		let open = () => {};
		const passed = new Promise<void>((resolve) => (open = resolve));
		return { open, passed };
	};

	it('lets so many in at once, and the others in their order', async () => {
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

	it('goes on after work that fails', async () => {
		const limit = limiter(1);
		await expect(limit(async () => await Promise.reject(new Error('no')))).rejects.toThrow('no');
		expect(await limit(async () => await Promise.resolve('yes'))).toBe('yes');
	});

	it('holds nobody back without a limit', async () => {
		const limit = limiter(Infinity);
		const { open, passed } = gate();
		const all = Array.from({ length: 1_000 }, async () => await limit(async () => await passed));
		open();
		expect(await Promise.all(all)).toHaveLength(1_000);
	});
});
