import { existsSync } from 'node:fs';
import { isDocumentationHost, Workshop } from '../../simulator/media';

describe('closing the workshop', () => {
	it('removes its files', async () => {
		const workshop = new Workshop();
		const { path } = await workshop.keep(Buffer.from('x'));
		expect(existsSync(path)).toBe(true);
		await workshop.close();
		expect(existsSync(path)).toBe(false);
	});

	it('stops what runs, and starts nothing more', async () => {
		const workshop = new Workshop();
		const endless = workshop.ffmpeg(['-f', 'lavfi', '-re', '-i', 'color', '-f', 'null', '-']);
		const stopped = expect(endless).rejects.toMatchObject({ name: 'AbortError' });
		await workshop.directory();
		await workshop.close();
		await stopped;
		await expect(workshop.keep(Buffer.from('x'))).rejects.toMatchObject({ name: 'AbortError' });
	});
});

it.each([
	['https://example.com/a.png', true],
	['http://cdn.example.org/a.png', true],
	['https://media.example/a.png', true],
	['https://example.com.evil.test/a.png', false],
	['https://notexample.com/a.png', false],
	['http://127.0.0.1/a.png', false],
])('%s is a documentation host: %s', (url, expected) => {
	expect(isDocumentationHost(new URL(url))).toBe(expected);
});
