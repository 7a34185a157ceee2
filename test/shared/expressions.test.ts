import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

/**
 * Every regular expression of the package against texts that are made to keep it busy. An expression that
 * takes linear time is done in milliseconds; quadratic ones need seconds here, cubic ones hours.
 */

const projectRoot = join(__dirname, '..', '..');
const length = 200_000;
const limitMs = 1_000;

/** Expressions whose input is cut to this many characters before. */
const shortInputs = new Map([[String.raw`/(:[/\\]*)[^/\\]*@/g`, 2_000]]);

interface Expression {
	place: string;
	text: string;
	expression: RegExp;
}

function expressionsOf(path: string): Expression[] {
	const source = ts.createSourceFile(path, readFileSync(join(projectRoot, path), 'utf8'), ts.ScriptTarget.Latest, true);
	const found: Expression[] = [];
	const visit = (node: ts.Node) => {
		if (ts.isRegularExpressionLiteral(node)) {
			const end = node.text.lastIndexOf('/');
			// Without the flag g every call searches from the start of the text.
			const expression = new RegExp(node.text.slice(1, end), node.text.slice(end + 1).replace('g', ''));
			const { line } = source.getLineAndCharacterOfPosition(node.getStart());
			found.push({ place: `${path}:${line + 1}`, text: node.text, expression });
		}
		ts.forEachChild(node, visit);
	};
	visit(source);
	return found;
}

const expressions = ['nodes', 'credentials'].flatMap((folder) =>
	readdirSync(join(projectRoot, folder), { encoding: 'utf8', recursive: true })
		.filter((path) => path.endsWith('.ts'))
		.flatMap((path) => expressionsOf(join(folder, path))),
);

const usual = [' ', '\n', '<', '(', '.', '/', '[', '{', '"', '=', '%', 'a', '0', '-', ';', ':', '@', 'E', 'é'];

/** Texts from the words of an expression: each repeated, one after many of another, and all of them alternating. */
function hostileTexts(text: string): string[] {
	const words = text
		.slice(1, text.lastIndexOf('/'))
		.split(/\\[a-zA-Z](?:\{[^}]*\})?|[\\^$*+?()[\]|]|\{[\d,]*\}/)
		.filter((word) => word !== '');
	const pieces = [...new Set([...words, ...usual])];
	const fill = (piece: string) => piece.repeat(Math.ceil(length / piece.length)).slice(0, length);
	const [first = ''] = words;
	return [
		...pieces.flatMap((piece) => [fill(piece), first + fill(piece), fill(first + piece)]),
		...[words.join(''), words.join(' '), words.slice(0, -1).join(' ')].filter((phrase) => phrase !== '').map(fill),
	];
}

describe('Regular expressions', () => {
	it('are found', () => {
		expect(expressions.length).toBeGreaterThan(60);
	});

	it.each(expressions.map((found) => [found.place, found.text, found.expression] as const))(
		'%s takes linear time: %s',
		(_place, text, expression) => {
			for (const hostile of hostileTexts(text).map((long) => long.slice(0, shortInputs.get(text)))) {
				// An end that cannot match makes the expression try every alternative.
				const given = `${hostile}\u0000`;
				const begun = process.cpuUsage();
				expression.test(given);
				const usedMs = process.cpuUsage(begun).user / 1_000;
				expect({ starts: given.slice(0, 40), isSlow: usedMs > limitMs }).toMatchObject({ isSlow: false });
			}
		},
	);
});
