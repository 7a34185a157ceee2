import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { providers } from '../nodes/shared/providers';
import { type FailureHint, explainFailure, type ProviderAdapter } from '../nodes/shared/providers/adapter';
import {
	anchorsOf,
	brokenLinks,
	codesIn,
	headingsOf,
	hostsOf,
	linkTargets,
	localLink,
	markdownFiles,
	type MarkdownDocument,
	projectRoot,
	readMarkdown,
	tableRows,
} from './support/markdown';
import { allTexts, errorMessages, unionOf } from './support/sourceTexts';

const readme = readMarkdown('README.md');
const pages = markdownFiles('docs');
const documents = [
	...markdownFiles('.'),
	...pages,
	...markdownFiles('examples'),
	...markdownFiles('.github'),
	...markdownFiles('simulator'),
	...markdownFiles('test/e2e'),
];
const troubleshooting = readMarkdown('docs/troubleshooting.md');

/** What n8n's node panel reads of each node. */
const codexFiles = readdirSync(join(projectRoot, 'nodes'), { recursive: true, encoding: 'utf8' })
	.filter((file) => file.endsWith('.node.json'))
	.map((file) => join(projectRoot, 'nodes', file));

/** Whom the documents may name. */
const knownHosts = [
	// The providers.
	...['www.anyfast.ai', 'www.anyfast.com.cn', 'docs.anyfast.ai', 'ai.alad.com', 'doc.starrise.tech'],
	...['piapi.ai', 'api.piapi.ai', 'upload.theapi.app', 'img.theapi.app'],
	...['apiframe.ai', 'api.apiframe.ai', 'docs-v2.apiframe.ai'],
	...['docs.byteplus.com', 'console.byteplus.com', 'console.volcengine.com'],
	// What the package is built on and follows.
	...['docs.n8n.io', 'github.com', 'keepachangelog.com', 'semver.org'],
	// Nobody.
	...['example.com', 'localhost', '127.0.0.1', 'test-mode.invalid'],
];

describe('the documents', () => {
	it.each(documents)('$path: every link leads to something that is there', (document) => {
		expect(brokenLinks(document)).toEqual([]);
	});

	it.each(documents)('$path names no host but those that are known', (document) => {
		expect(hostsOf(document).filter((host) => !knownHosts.includes(host))).toEqual([]);
	});

	it('are all found from the README', () => {
		const reached = new Set([readme.path]);
		for (const path of reached) {
			const document = readMarkdown(path);
			for (const target of linkTargets(document)) {
				const next = localLink(document, target)?.path;
				if (next?.endsWith('.md')) reached.add(next);
			}
		}
		expect(pages.map(({ path }) => path).filter((path) => !reached.has(path))).toEqual([]);
	});

	it('show every picture that there is', () => {
		const shown = documents.flatMap((document) =>
			linkTargets(document).flatMap((target) => localLink(document, target)?.path ?? []),
		);
		const pictures = readdirSync(join(projectRoot, 'docs/pictures')).map((name) => `docs/pictures/${name}`);
		expect(pictures.filter((picture) => !shown.includes(picture))).toEqual([]);
	});

	it.each(providers)('have a page for $displayName', ({ id }) => {
		expect(pages.map(({ path }) => path)).toContain(`docs/${id}.md`);
	});

	it('show the contributor an operation that is one', () => {
		const [, path = '', sample = ''] = /`(nodes\/\S+\.operation\.ts)`[^`]*```ts\n(.*?)```/s.exec(readMarkdown('CONTRIBUTING.md').text) ?? [];
		const source = readFileSync(join(__dirname, '..', path), 'utf8');
		expect(sample).toContain('satisfies Operation');
		const withoutIndent = (text: string) => text.replace(/^\s+/gm, '').trim();
		expect(withoutIndent(source)).toContain(withoutIndent(sample));
	});
});

describe('the README', () => {
	it('has its parts in the order in which a newcomer asks', () => {
		expect(headingsOf(readme)).toEqual([
			'n8n-nodes-seedance',
			'Install',
			'Choose a provider',
			'Your first video',
			'The same face in every shot',
			'Recipes',
			'Questions people ask',
			'Examples',
			'Try it without a key',
			'More',
		]);
	});

	it('has at most 1,500 words, all that stands between blanks counted', () => {
		expect(readme.text.trim().split(/\s+/).length).toBeLessThanOrEqual(1_500);
	});

	it('says under Install before anything else that nothing was tried against a live service', () => {
		expect(readme.text).toMatch(/^## Install\n\n\*\*Never tried against a live service\.\*\*/m);
	});

	it('shows a finished video, which moves and is small, and says that it is simulated', () => {
		const [, alt = '', picture = '', caption = ''] = /!\[([^\]]+)\]\(([^)]+)\)\n\n\*(.+)\*\n/.exec(readme.text) ?? [];
		const content = readFileSync(join(projectRoot, picture));
		expect(alt).not.toBe('');
		expect(caption).toContain('simulator');
		// The header of an extended WebP file and its flag for an animation: https://developers.google.com/speed/webp/docs/riff_container
		expect(content.toString('latin1', 8, 16)).toBe('WEBPVP8X');
		expect(content.readUInt8(20) & 0b10).toBe(0b10);
		expect(content.length).toBeLessThan(500_000);
	});

	it.each(providers)('leads to the page of $displayName and to where its keys are', ({ id }) => {
		const [row = []] = tableRows(readme, 'Provider').filter(([name]) => name?.includes(`docs/${id}.md`));
		expect(row[2]).toMatch(/\]\(https:\/\/[^)]+\)/);
	});

	it('quotes the list prices of the model that is preset', () => {
		const quoted = /(\w+) lists ([\d.]+) US dollars a second at 480p and ([\d.]+) at 720p/.exec(readme.text);
		const { priceList, videoModels }: Partial<ProviderAdapter> =
			providers.find(({ displayName }) => displayName === quoted?.[1]) ?? {};
		const prices = priceList?.prices[videoModels?.[0]?.id ?? ''];
		expect(quoted?.slice(2)).toEqual([String(prices?.['480p']?.amount), String(prices?.['720p']?.amount)]);
	});

	it('has the headings that the nodes link to', () => {
		const anchors = codexFiles.flatMap((file) =>
			[...readFileSync(file, 'utf8').matchAll(/"https:[^"#]+#([^"]+)"/g)].map(([, anchor = '']) => anchor),
		);
		expect(anchors).not.toEqual([]);
		// GitHub itself makes #readme.
		expect(anchors.filter((anchor) => anchor !== 'readme' && !anchorsOf(readme).has(anchor))).toEqual([]);
	});
});

describe('the messages that the documents explain', () => {
	const quotesOf = (document: MarkdownDocument) =>
		tableRows(document, 'Message').flatMap(([message = '']) => codesIn(message));

	it.each(pages)('$path quotes only what the nodes still say', (page) => {
		expect(quotesOf(page).filter((quote) => !allTexts.some((text) => text.includes(quote)))).toEqual([]);
	});

	it('are those of every error', () => {
		const quotes = quotesOf(troubleshooting);
		const isExplained = (message: string) => quotes.some((quote) => message.includes(quote));
		expect(errorMessages.filter((message) => !isExplained(message))).toEqual([]);
	});

	it('come with every reason, once', () => {
		const reasons = tableRows(troubleshooting, '`reason`').map(([reason = '']) => codesIn(reason)[0]);
		expect(reasons.sort()).toEqual(unionOf('FailureReason').sort());
	});
});

describe('the list prices', () => {
	const page = readMarkdown('docs/costs.md');
	const rows = new Map(tableRows(page, 'Model').map(([model = '', ...prices]) => [codesIn(model)[0], prices]));
	const published = providers.flatMap(({ displayName, priceList }: ProviderAdapter) =>
		priceList ? [{ displayName, ...priceList }] : [],
	);

	it('are those of the adapters and no others', () => {
		expect([...rows.keys()]).toEqual(published.flatMap(({ prices }) => Object.keys(prices)));
	});

	it.each(published)('$displayName: stand in the documents with their source and their day', ({ asOf, source, prices }) => {
		expect(page.text).toContain(`read on ${asOf} on ${source}`);
		for (const [model, byResolution] of Object.entries(prices)) {
			const columns = ['480p', '720p', '1080p', '4k'].slice(0, rows.get(model)?.length);
			const amounts = columns.map((resolution) => String(byResolution[resolution]?.amount ?? '–'));
			expect([model, rows.get(model)]).toEqual([model, amounts]);
		}
	});
});

describe('the words of a provider', () => {
	/** A status or code may stand before the words. */
	function explain({ failureHints }: ProviderAdapter, words: string): FailureHint | undefined {
		const [, status, message = words] = /^(\d{3})\b\s*(.*)$/.exec(words) ?? [];
		return explainFailure(failureHints, { message, code: status, statusCode: status ? Number(status) : undefined });
	}

	const rowsOf = ({ id, displayName }: ProviderAdapter) =>
		pages
			.filter(({ path }) => path === `docs/${id}.md`)
			.flatMap((page) => tableRows(page, `${displayName} says`))
			.flatMap(([words = '', reason = '']) =>
				codesIn(words).map((code) => ({ words: code, reason: codesIn(reason)[0] })),
			);
	const explained = providers.map((provider) => {
		return { provider, displayName: provider.displayName, rows: rowsOf(provider) };
	});

	it.each(explained)('$displayName: mean what its page says', ({ provider, rows }) => {
		const found = rows.map(({ words }) => ({ words, reason: explain(provider, words)?.reason }));
		expect(found).toEqual(rows);
	});

	it.each(explained)('$displayName: a page explains each that the nodes know', ({ provider: { failureHints } }) => {
		const known = explained
			.filter(({ provider }) => provider.failureHints === failureHints)
			.flatMap(({ provider, rows }) => rows.map(({ words }) => explain(provider, words)));
		expect(failureHints.filter((hint) => !known.includes(hint))).toEqual([]);
	});
});
