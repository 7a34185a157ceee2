import type { NodeExecutionHint } from 'n8n-workflow';
import type { ProviderAdapter } from '../providers/adapter';
import { readString } from '../providers/read';
import { parseTime, toMoment } from '../time';
import { type OutputItem, perRun, type Session } from './operation';

/** Execution hints, which the editor shows above the output of a run. */

/** Says until when the links to videos work, unless the files were downloaded. */
export function linkHints(items: readonly OutputItem[], nowMs: number): NodeExecutionHint[] {
	const endsMs = items
		.filter(({ binary = {} }) => Object.keys(binary).length === 0)
		.flatMap(({ json }) => laterThan(nowMs, json.videoUrlExpiresAt));
	if (endsMs.length === 0) return [];
	const until = toMoment(Math.min(...endsMs));
	const links =
		endsMs.length === 1 ? `The link to the video works until ${until}` : `The first of these links works until ${until}`;
	return [{ type: 'info', message: `${links}. Later, Download Video fetches a fresh one by the task ID.` }];
}

/** Says when the provider deletes unused assets. Not for lists, as being listed counts as use. */
export function deletionHints(
	items: readonly OutputItem[],
	nowMs: number,
	{ displayName }: ProviderAdapter,
): NodeExecutionHint[] {
	const [first, ...others] = items
		.flatMap(({ json }) => laterThan(nowMs, json.expiresAt).map((endMs) => ({ endMs, json })))
		.sort((one, other) => one.endMs - other.endMs);
	if (!first) return [];
	const name = readString(first.json.name) ?? readString(first.json.assetId) ?? '';
	const more = others.length === 0 ? '' : `, then ${others.length} more of these`;
	const message = `${displayName} deletes assets that nothing uses: "${name}" at ${toMoment(first.endMs)}${more}.`;
	return [{ type: 'info', message }];
}

function laterThan(nowMs: number, time: unknown): number[] {
	const timeMs = parseTime(time);
	return timeMs !== undefined && timeMs > nowMs ? [timeMs] : [];
}

/** The names of the files that a run has already warned of. */
const warnedFileNames = perRun(() => new Set<string>());

/** Warns of files that are sent unchecked because their format is unknown. Each is named once in a run. */
export function warnOfUncheckedFiles(session: Session, fileNames: readonly string[]): void {
	const warned = warnedFileNames(session);
	const added = [...new Set(fileNames)].filter((fileName) => !warned.has(fileName));
	if (added.length === 0) return;
	for (const fileName of added) warned.add(fileName);
	const files = added.length === 1 ? `The file ${added[0]} is` : `The files ${added.join(', ')} are`;
	session.context.addExecutionHints({
		type: 'warning',
		message: `${files} of a format that these nodes do not know, so the documented limits were not checked. The provider decides.`,
	});
}
