import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { projectRoot } from './markdown';

/** What the source of the package says to users; `…` stands for each part that is filled in at run time. */

const sources = ['nodes', 'credentials'].flatMap((folder) =>
	readdirSync(join(projectRoot, folder), { encoding: 'utf8', recursive: true })
		.filter((path) => path.endsWith('.ts'))
		.map((path) => parse(join(folder, path))),
);

function parse(path: string): ts.SourceFile {
	const text = readFileSync(join(projectRoot, path), 'utf8');
	return ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
}

function nodesOf(root: ts.Node): ts.Node[] {
	const children: ts.Node[] = [];
	root.forEachChild((child) => {
		children.push(child, ...nodesOf(child));
	});
	return children;
}

const allNodes = sources.flatMap(nodesOf);

function textOf(node: ts.Node): string | undefined {
	if (ts.isStringLiteralLike(node)) return node.text;
	if (!ts.isTemplateExpression(node)) return undefined;
	return node.head.text + node.templateSpans.map(({ literal }) => `…${literal.text}`).join('');
}

/** Every text in the source. */
export const allTexts: readonly string[] = allNodes.flatMap((node) => textOf(node) ?? []);

/** The sentences that errors are made with. */
const argumentsOfErrors = allNodes
	.filter((node) => ts.isCallExpression(node) || ts.isNewExpression(node))
	.filter(({ expression }) => /Error$|^super$/.test(expression.getText()))
	.flatMap((node) => node.arguments?.flatMap((argument) => textOf(argument) ?? []) ?? []);

/** The sentences of problems with fields: whatever is called `message` where an InputProblem is known. */
const problems = sources
	.filter(({ text }) => text.includes('InputProblem') || text.includes('InputError'))
	.flatMap(nodesOf)
	.filter((node) => ts.isVariableDeclaration(node) || ts.isPropertyAssignment(node))
	.filter(({ name }) => name.getText() === 'message')
	.flatMap(({ initializer }) => (initializer ? textOf(initializer) ?? [] : []));

export const errorMessages: readonly string[] = [...argumentsOfErrors, ...problems]
	// A word alone says nothing yet.
	.filter((text) => /\w \w/.test(text));

/** The members of a type that is a union of texts. */
export function unionOf(typeName: string): string[] {
	const declaration = allNodes.find(
		(node): node is ts.TypeAliasDeclaration => ts.isTypeAliasDeclaration(node) && node.name.text === typeName,
	);
	return declaration ? nodesOf(declaration.type).flatMap((node) => textOf(node) ?? []) : [];
}
