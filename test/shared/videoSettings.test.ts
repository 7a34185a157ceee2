import { readSettings, settingsField } from '../../nodes/SeedanceGenerate/actions/settings.fields';
import { checkVideoTaskInput } from '../../nodes/shared/checks/checkVideoTaskInput';
import { Fields } from '../../nodes/shared/node/parameters';
import { providers } from '../../nodes/shared/providers';
import { settingNames, videoSettings, type SettingKind } from '../../nodes/shared/videoSettings';

const given: Readonly<Record<SettingKind, { typed: string; read: unknown }>> = {
	text: { typed: ' 720p ', read: '720p' },
	number: { typed: '7', read: 7 },
	boolean: { typed: 'yes', read: true },
};

describe('the table of video settings', () => {
	it('gives each setting one field, in the order of the alphabet', () => {
		const fields = (settingsField.options ?? []).map((field) => ['displayName' in field && field.displayName, field.name]);
		const rows = settingNames.map((name) => [videoSettings[name].label, name]).sort();
		expect(fields).toEqual(rows);
	});

	it.each(settingNames.map((name) => [videoSettings[name].label, name] as const))('reads %s by its kind', (_, name) => {
		const { typed, read } = given[videoSettings[name].kind];
		const fields = new Fields((asked) => (asked === name ? typed : undefined));
		expect(readSettings(fields)).toEqual({ [name]: read });
	});

	const ranges = settingNames.flatMap((name) => {
		const { range } = videoSettings[name];
		return range ? [{ name, ...range }] : [];
	});

	it.each(ranges)('holds $name to whole numbers from $min to $max', ({ name, min, max }) => {
		const offering = providers.flatMap((provider) => {
			const { id: model } = provider.videoModels[0] ?? { id: '' };
			return provider.video.settings.includes(name) ? [{ provider, model }] : [];
		});
		expect(offering).not.toEqual([]);
		for (const { provider, model } of offering) {
			const problemsOf = (value: number) =>
				checkVideoTaskInput(provider, {
					model,
					mode: 'textToVideo',
					prompt: 'a cat',
					references: [],
					settings: { [name]: value },
				});
			expect([min, max].flatMap(problemsOf)).toEqual([]);
			for (const value of [min - 1, min + 0.5, max + 1]) {
				const { label } = videoSettings[name];
				expect(problemsOf(value)).toMatchObject([
					{ field: label, message: `${label} must be a whole number from ${min} to ${max}; it is ${value}.` },
				]);
			}
		}
	});
});
