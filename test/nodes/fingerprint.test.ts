import { fieldFingerprints, fingerprintOf, type PlannedInput } from '../../nodes/SeedanceGenerate/submission/fingerprint';
import { sampleFile } from '../support/answered';

const input: PlannedInput = {
	model: 'seedance',
	mode: 'multimodalReference',
	prompt: 'A cat',
	references: [
		{ mediaType: 'image', role: 'reference', by: 'asGiven', medium: { kind: 'url', url: 'https://example.com/cat.png' } },
		{ mediaType: 'image', role: 'reference', by: 'newAsset', groupId: 'g1', medium: { kind: 'file', file: sampleFile } },
	],
	settings: { seed: 1, ratio: '16:9' },
	webhook: { url: 'https://example.com/hook', secret: 'a secret' },
};

it('is the same for the same request, however it is held', () => {
	const { settings, references, ...rest } = input;
	const held = { references: references.map((one) => ({ note: 'of ours', ...one })), settings: { watermark: undefined, ratio: settings.ratio, seed: settings.seed }, ...rest };
	expect(fingerprintOf(held)).toBe(fingerprintOf(input));
	expect(fieldFingerprints(held)).toEqual(fieldFingerprints(input));
});

const otherReference = (index: number, difference: object) =>
	input.references.map((reference, at) => (at === index ? { ...reference, ...difference } : reference));

it.each<[label: string, difference: Partial<PlannedInput>]>([
	['Model', { model: 'seedance-fast' }],
	['Mode', { mode: 'videoEditing' }],
	['Prompt', { prompt: 'A dog' }],
	['References', { references: [] }],
	['References', { references: [...input.references].reverse() }],
	['References', { references: otherReference(0, { medium: { kind: 'url', url: 'https://example.com/dog.png' } }) }],
	['References', { references: otherReference(0, { role: 'firstFrame' }) }],
	['References', { references: otherReference(1, { by: 'asGiven' }) }],
	['References', { references: otherReference(1, { groupId: 'g2' }) }],
	['References', { references: otherReference(1, { medium: { kind: 'file', file: { ...sampleFile, sizeBytes: sampleFile.sizeBytes + 1 } } }) }],
	['Seed', { settings: { seed: 2, ratio: '16:9' } }],
	['Draft', { settings: { seed: 1, ratio: '16:9', draft: true } }],
	['Draft Task', { draftTaskId: 'asyntask_1' }],
	['Webhook URL', { webhook: { url: 'https://example.com/hook', secret: 'another' } }],
])('tells requests apart by their %s', (label, difference) => {
	const other = { ...input, ...difference };
	expect(fingerprintOf(other)).not.toBe(fingerprintOf(input));
	const [before, after] = [fieldFingerprints(input), fieldFingerprints(other)];
	expect(Object.keys({ ...before, ...after }).filter((name) => before[name] !== after[name])).toEqual([label]);
});
