import { checkFiles } from '../../shared/checks/checkFiles';
import { InputError, type InputProblem } from '../../shared/errors';
import { binaryFile, defaultBinaryField, onlyFileInPlaceOf } from '../../shared/media/binaryFile';
import { mimeTypeOfFormat } from '../../shared/media/formats';
import type { IdentifiedFile } from '../../shared/media/identifyFile';
import { probeMedia } from '../../shared/media/probe/probe';
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
			const { format, kind, width, height, durationSeconds, framesPerSecond } = (await probeMedia(file)) ?? unknown;
			if (!format || kind === 'document') throw new InputError([isNoMedium(file)]);
			const json = {
				fileName: file.givenName,
				mediaType: kind,
				format,
				mimeType: mimeTypeOfFormat(format, kind) ?? file.mimeType,
				sizeBytes: file.sizeBytes,
				width: width ?? null,
				height: height ?? null,
				durationSeconds: durationSeconds ?? null,
				framesPerSecond: framesPerSecond ?? null,
				limits: await limitsOf(file, kind),
			};
			// The file goes on, so that a workflow can ask in between.
			return [{ json, binary: context.getInputData()[itemIndex]?.binary }];
		};
	},
} satisfies LocalOperation;

const unknown = { format: undefined, kind: undefined, width: undefined, height: undefined, durationSeconds: undefined, framesPerSecond: undefined };

const isNoMedium = ({ givenName, format }: IdentifiedFile): InputProblem => ({
	field: fieldLabel,
	message: `${givenName} (${fieldLabel}) ${format === undefined ? 'is of a format that this node does not know' : format === 'empty' ? 'is empty' : `is of format ${format.toUpperCase()} by its content`}.`,
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
