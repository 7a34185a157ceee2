import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

/** Just enough of Markdown to check links and to read tables. */

export const projectRoot = join(__dirname, '../..');

export interface MarkdownDocument {
	/** Relative to the project, with slashes. */
	path: string;
	text: string;
}

/** All Markdown files of a folder of the project, without those below it. */
export const markdownFiles = (folder: string): MarkdownDocument[] =>
	readdirSync(join(projectRoot, folder))
		.filter((name) => name.endsWith('.md'))
		.map((name) => readMarkdown(join(folder, name)));

export const readMarkdown = (path: string): MarkdownDocument => ({
	path,
	text: readFileSync(join(projectRoot, path), 'utf8'),
});

const withoutFences = (text: string) => text.replace(/^```[\s\S]*?^```$/gm, '');

/** Targets of links and pictures as they are written. */
export function linkTargets({ text }: MarkdownDocument): string[] {
	const prose = withoutFences(text).replace(/`[^`\n]*`/g, '');
	return [...prose.matchAll(/\]\(([^()\s]+)\)/g)].map(([, target = '']) => target);
}

export interface LocalLink {
	path: string;
	anchor?: string;
}

/** @returns where a link inside the project leads, undefined for one that leads out of it */
export function localLink(from: MarkdownDocument, target: string): LocalLink | undefined {
	if (/^[a-z]+:/i.test(target)) return undefined;
	const [file = '', anchor] = target.split('#');
	return { path: file === '' ? from.path : normalize(join(dirname(from.path), file)), anchor };
}

/** The headings of every level. */
export const headingsOf = ({ text }: MarkdownDocument): string[] =>
	[...withoutFences(text).matchAll(/^#+\s+(.+)$/gm)].map(([, heading = '']) => heading);

/** The anchors that GitHub gives to the headings. */
export function anchorsOf(document: MarkdownDocument): Set<string> {
	const seen = new Map<string, number>();
	const anchors = headingsOf(document).map((heading) => {
		const slug = heading
			.trim()
			.toLowerCase()
			.replace(/[^\p{L}\p{N}\s_-]/gu, '')
			.replace(/\s/g, '-');
		const count = seen.get(slug) ?? 0;
		seen.set(slug, count + 1);
		return count === 0 ? slug : `${slug}-${count}`;
	});
	return new Set(anchors);
}

/** What is wrong with the links of a document. */
export function brokenLinks(document: MarkdownDocument): string[] {
	return linkTargets(document).filter((target) => {
		const link = localLink(document, target);
		if (link === undefined) return false;
		if (!existsSync(join(projectRoot, link.path))) return true;
		return link.anchor !== undefined && !anchorsOf(readMarkdown(link.path)).has(link.anchor);
	});
}

/** Hosts of all addresses in a document, code included. */
export const hostsOf = ({ text }: MarkdownDocument): string[] =>
	[...text.matchAll(/https?:\/\/([\w.-]+)/g)].map(([, host = '']) => host);

/** The rows of every table whose first column has this title, as texts of the cells. */
export function tableRows({ text }: MarkdownDocument, title: string): string[][] {
	return withoutFences(text)
		.split(/\n{2,}/)
		.map((block) => block.split('\n').filter((line) => line.startsWith('|')))
		.filter(([head]) => head !== undefined && cellsOf(head)[0] === title)
		.flatMap(([, , ...rows]) => rows.map(cellsOf));
}

const cellsOf = (row: string) =>
	row
		.replace(/^\||\|$/g, '')
		.split(/(?<!\\)\|/)
		.map((cell) => cell.trim().replace(/\\\|/g, '|'));

/** The pieces of inline code in a text. */
export const codesIn = (text: string): string[] => [...text.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code);
