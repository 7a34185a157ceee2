import { InputError, type InputProblem } from '../../shared/errors';
import { checkFiles } from '../../shared/checks/checkFiles';
import { binaryFile, defaultBinaryField, onlyFileInPlaceOf } from '../../shared/media/binaryFile';
import type { IdentifiedFile } from '../../shared/media/identifyFile';
import { type InspectedMedia, inspectMedia } from '../../shared/media/inspect';
import { mimeTypeOfFormat } from '../../shared/media/formats';
import { optionsField } from '../../shared/node/fields';
import { includeInputFieldsOption } from '../../shared/node/inputFields';
import type { LocalOperation, OutputItem } from '../../shared/node/operation';
import { providers } from '../../shared/providers';
import type { ProviderAdapter } from '../../shared/providers/adapter';
import { megabyte } from '../../shared/quantities';
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
			const facts = await inspectMedia(file);
			if (!facts || facts.mediaType === 'document') throw new InputError([notMedia(file)]);
			const item = await shape(file, facts, facts.mediaType);
			// The file goes on, so that a workflow can ask about it in between.
			return [{ ...item, binary: context.getInputData()[itemIndex]?.binary }];
		};
	},
} satisfies LocalOperation;
