import { describeFormat } from '../../shared/checks/checkContent';
import { checkFiles } from '../../shared/checks/checkFiles';
import { InputError, type InputProblem } from '../../shared/errors';
import { binaryFile, defaultBinaryField, onlyFileInPlaceOf } from '../../shared/media/binaryFile';
import type { IdentifiedFile } from '../../shared/media/identifyFile';
import { inspectMedia } from '../../shared/media/inspect';
import { optionsField } from '../../shared/node/fields';
import { includeInputFieldsOption } from '../../shared/node/inputFields';
import type { LocalOperation } from '../../shared/node/operation';
import { providers } from '../../shared/providers';
import type { ProviderAdapter } from '../../shared/providers/adapter';
import { type MediaType, mediaTypes } from '../../shared/vocabulary';

const fieldLabel = 'Input Binary Field';

export const inspect = {
	option: {
		name: 'Inspect',
		value: 'inspect',
		action: 'Inspect file',
		description: 'See what an image, video or audio file is, and which providers take it as a reference',
	},
	properties: [
		{
			displayName: fieldLabel,
			name: 'binaryPropertyName',
			type: 'string',
			required: true,
			default: defaultBinaryField,
			placeholder: `e.g. ${defaultBinaryField}`,
			hint: `The name of the input field containing the file. If an item has no field ${defaultBinaryField}, but one image, video or audio file, that one is taken.`,
		},
		optionsField([includeInputFieldsOption]),
	],
	maxConcurrentItems: () => 5,
	async prepare({ context, itemIndex, parameters }) {
		const given = parameters.text('binaryPropertyName', fieldLabel);
		const fieldName = (await onlyFileInPlaceOf(given, context, itemIndex, mediaTypes)) ?? given;
		const file = await binaryFile(context, itemIndex, fieldName, fieldLabel);
		return async () => {
			const { format, kind, mimeType, ...facts } = await inspectMedia(file);
			if (format === null || kind === null || kind === 'document') throw new InputError([isNoMedium(file)]);
			const json = {
				fileName: file.givenName,
				mediaType: kind,
				format,
				mimeType: mimeType ?? file.mimeType,
				...facts,
				limits: await limitsOf(file, kind),
			};
			// The file goes on, so that a workflow can ask in between.
			return [{ json, binary: context.getInputData()[itemIndex]?.binary }];
		};
	},
} satisfies LocalOperation;

const isNoMedium = ({ givenName, format }: IdentifiedFile): InputProblem => ({
	field: fieldLabel,
	message: `${givenName} (${fieldLabel}) ${format ? describeFormat(format) : 'is of a format that this node does not know'}.`,
	advice: 'Give an image, a video or an audio file.',
});

/** Which providers document limits for such a reference, and what of it breaks them. */
async function limitsOf(file: IdentifiedFile, mediaType: MediaType) {
	const documented = providers.flatMap((provider: ProviderAdapter) => {
		const limits = provider.mediaLimits?.[mediaType];
		return limits ? [{ provider, limits }] : [];
	});
	return await Promise.all(
		documented.map(async ({ provider, limits }) => {
			const given = { field: fieldLabel, mediaType, medium: { kind: 'file' as const, file }, limits };
			const { problems } = await checkFiles(provider, [given]);
			return { provider: provider.displayName, isAccepted: problems.length === 0, problems: problems.map(({ message }) => message) };
		}),
	);
}
