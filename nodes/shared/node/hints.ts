import type { NodeExecutionHint } from 'n8n-workflow';
import type { ProviderAdapter } from '../providers/adapter';
import { readString } from '../providers/read';
import { parseTime, toMoment } from '../time';
import { type OutputItem, perRun, type Session } from './operation';

/** What the editor says above the output of a run: what of it will not stay. */

/** Links that work for hours only, as long as their files were not downloaded. */
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

/** Assets that the provider deletes if nothing uses them. Not for lists: to be listed counts as use. */
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

/** The names that a run has told already. */
const toldFileNames = perRun(() => new Set<string>());

/** Files that go to the provider unchecked, since nobody knows their format. Each is told once in a run. */
export function noticeUncheckedFiles(session: Session, fileNames: readonly string[]): void {
	const told = toldFileNames(session);
	const fresh = [...new Set(fileNames)].filter((fileName) => !told.has(fileName));
	if (fresh.length === 0) return;
	for (const fileName of fresh) told.add(fileName);
	const files = fresh.length === 1 ? `The file ${fresh[0]} is` : `The files ${fresh.join(', ')} are`;
	session.context.addExecutionHints({
		type: 'warning',
		message: `${files} of a format that these nodes do not know, so the documented limits were not checked. The provider decides.`,
	});
}
