import type { IDataObject } from 'n8n-workflow';
import type { Session } from '../../shared/node/operation';
import { InlineFile } from '../../shared/providers/adapter';
import { isObject, parseJson } from '../../shared/providers/read';
import { redactor } from '../../shared/request/redact';
import type { PlannedReference } from '../references/planReferences';
import { withAddresses } from '../references/resolveReferences';
import type { Medium } from '../../shared/vocabulary';
import type { PlannedInput } from '../submission/fingerprint';

/**
 * The paid request as it would be sent, for a person to read: without the key, and with a few words in place of the
 * data of files and of addresses that only sending makes.
 */
export function describeRequest({ provider, connection }: Session, input: PlannedInput): IDataObject {
	const { method, path, body } = provider.videoTasks.create.request({
		...input,
		references: withAddresses(input.references, input.references.map(addressOf)),
		webhook: input.webhook && { ...input.webhook, ...(input.webhook.secret && { secret: '[redacted]' }) },
	});
	const secrets = [...connection.secrets, ...(input.webhook?.secret ? [input.webhook.secret] : [])];
	const sent = redactor(secrets).answer(readable(body));
	return { method, url: `${connection.baseUrl}${path}`, body: isJsonObject(sent) ? sent : null };
}

function addressOf({ by, medium }: PlannedReference): string {
	switch (by) {
		case 'asGiven':
			return '';
		case 'upload':
			return `(${nameOf(medium)}, uploaded to the provider before)`;
		case 'signedLink':
			return `(a link of this n8n to ${nameOf(medium)})`;
		case 'newAsset':
			return `(a new asset of ${nameOf(medium)})`;
	}
}

const nameOf = (medium: Medium) => (medium.kind === 'url' ? medium.url : 'file' in medium ? (medium.file.givenName ?? medium.file.fileName) : medium.kind);

const maxDataUriLength = 60;

/** JSON as it is sent, but for the data of files. */
function readable(body: unknown): unknown {
	const replace = (_name: string, value: unknown) => {
		if (value instanceof InlineFile) {
			const { fileName, givenName = fileName, sizeBytes } = value.source;
			return `(${givenName}, ${sizeBytes} bytes, inside the request)`;
		}
		const isData = typeof value === 'string' && /^data:/i.test(value) && value.length > maxDataUriLength;
		return isData ? `${value.slice(0, maxDataUriLength)}… (${value.length} characters)` : value;
	};
	return parseJson(JSON.stringify(body, replace));
}

/** An object from a JSON parser is an n8n data object. */
const isJsonObject = (value: unknown): value is IDataObject => isObject(value);
