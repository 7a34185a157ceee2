import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { providers } from '../../nodes/shared/providers';
import type { ProviderAdapter } from '../../nodes/shared/providers/adapter';
import { capabilitiesPageFile, withCapabilities } from '../../scripts/capabilities/page';
import { capabilityTables } from '../../scripts/capabilities/tables';
import { fable } from '../support/fifthProvider/adapter';

const page = readFileSync(join(__dirname, '../..', capabilitiesPageFile), 'utf8');

describe('the tables of all providers', () => {
	it('are what the adapters and the operations say; `npm run capabilities` writes them', () => {
		expect(page).toBe(withCapabilities(page, capabilityTables(providers)));
	});

	it.each(providers)('name $displayName and every model of it', ({ displayName, videoModels }) => {
		const tables = capabilityTables(providers);
		const names = [displayName, ...videoModels.map(({ id }) => `\`${id}\``)];
		expect(names.filter((name) => !tables.includes(name))).toEqual([]);
	});

	it('have a column and the models of a provider that is added to the list', () => {
		const rows = capabilityTables([...providers, fable]).split('\n');
		expect(rows[2]).toMatch(/\| Fable \|$/);
		expect(rows.filter((row) => row.includes('`reel'))).toHaveLength(2);
	});

	it('refuse a page without their place', () => {
		expect(() => withCapabilities('# Nodes\n', 'tables')).toThrow('docs/providers.md must have');
	});
});

describe('what an adapter says', () => {
	const [adapter] = providers as [ProviderAdapter];
	const { id } = adapter.videoModels[0]!;
	const tablesOf = (changes: Partial<ProviderAdapter>) => capabilityTables([{ ...adapter, ...changes }]).split('\n');

	it('becomes one row for what is the same, and none for what nobody has', () => {
		const rows = tablesOf({ videoTasks: { create: adapter.videoTasks.create, get: adapter.videoTasks.get } });
		expect(rows).toContain('| Generate Video, Check Video, Download Video, Finalize Draft, Get Task, Wait for Task | ✓ |');
		expect(rows).toContain('| Cancel Task, Get Balance, Get Many Tasks | – |');
		expect(rows.filter((row) => /Webhook|Idempotency/.test(row))).toEqual([]);
	});

	it('is marked where only some models have it', () => {
		const [full, lesser] = [
			{ id, displayName: 'Full', description: '', resolutions: ['720p'] },
			{ id: 'lesser', displayName: 'Lesser', description: '', resolutions: ['720p'], settings: ['seed'] as const },
		];
		const rows = tablesOf({ videoModels: [full, lesser], video: { ...adapter.video, settings: ['seed', 'watermark'] } });
		expect(rows).toContain('| Watermark | ✓ ᵐ |');
		expect(rows).toContain('| Seed | ✓ |');
		expect(rows).toContain(`| \`${id}\` (${adapter.displayName}) | Watermark |`);
		expect(rows).toContain(`| \`lesser\` (${adapter.displayName}) | – |`);
	});
});
