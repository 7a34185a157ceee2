import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { examplesPageFile, readExamples, withExamples } from '../../scripts/examplesPage';

const root = join(__dirname, '../..');
const page = readFileSync(join(root, examplesPageFile), 'utf8');
const examples = readExamples();

it('the page of the examples has a section of each, as it was when its picture was taken; `npm run pictures` takes it', () => {
	expect(page).toBe(withExamples(page, examples));
});

it.each(examples)('$file has a picture, which is small', ({ pictureName }) => {
	const { size } = statSync(join(root, 'docs/pictures', `${pictureName}.png`));
	expect(size).toBeGreaterThan(5_000);
	expect(size).toBeLessThan(150_000);
});

it('a picture is no longer that of an example that has changed', () => {
	const [first] = examples;
	if (!first) throw new Error('There is no example');
	const moved = { ...first, text: first.text.replace('-20', '-40') };
	expect(withExamples(page, [moved])).not.toBe(withExamples(page, [first]));
});

it('a section says what to fill in, what is paid and which nodes there are', () => {
	const sections = page.split(/^## /m).slice(1);
	expect(sections).toHaveLength(examples.length);
	const incomplete = sections.filter(
		(section) => !/!\[.*\*\*Fill in .*\*\*pays for .*Nodes: .*Seedance/s.test(section),
	);
	expect(incomplete).toEqual([]);
});
