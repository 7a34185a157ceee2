import { isPublic, readPublicUrl, shownUrl, type UrlFlaw, urlRulesFor } from '../../nodes/shared/publicUrl';
import { startCpuTime } from '../support/cpuTime';

describe('An address', () => {
	it.each([
		'https://n8n.example.com/webhook-waiting/1',
		'http://files.example.com:8080/',
		'https://8.8.8.8/',
		'https://9.255.255.255/',
		'https://11.0.0.1/',
		'https://100.63.255.255/',
		'https://100.128.0.1/',
		'https://126.0.0.1/',
		'https://128.0.0.1/',
		'https://169.253.1.1/',
		'https://172.15.0.1/',
		'https://172.32.0.1/',
		'https://192.167.1.1/',
		'https://192.169.1.1/',
		'https://198.17.0.1/',
		'https://198.20.0.1/',
		'https://223.255.255.255/',
		// Names that only look like addresses or private names.
		'https://10.example.com/',
		'https://127.0.0.1.example.com/',
		'https://local.example.com/',
		'https://notlocal.example/',
		'https://landlan.com/',
		'https://internal.example.com./',
	])('can be on the internet: %s', (url) => expect(isPublic(url)).toBe(true));

	it.each([
		// Loopback, in every spelling that URLs allow.
		'http://localhost:5678/',
		'http://LOCALHOST/',
		'http://localhost./',
		'http://localhost../',
		'http://api.localhost/',
		'http://localhost.localdomain/',
		'http://127.0.0.1:5678/',
		'http://127.0.0.1./',
		'http://127.255.255.254/',
		'http://127.1/',
		'http://2130706433/',
		'http://0x7f000001/',
		'http://0x7f.1/',
		'http://0177.0.0.1/',
		'http://017700000001/',
		'http://%31%32%37.0.0.1/',
		'http://127。0。0。1/',
		'http://user@127.0.0.1/',
		'http://example.com@127.0.0.1/',
		'http://0.0.0.0/',
		'http://0/',
		// Private, link-local (cloud metadata), carrier-grade NAT, special.
		'http://10.1.2.3/',
		'http://167772161/',
		'http://172.16.0.1/',
		'http://172.31.0.1/',
		'http://192.168.1.2/',
		'http://169.254.169.254/latest/meta-data/',
		'http://100.64.0.1/',
		'http://100.99.0.1/',
		'http://100.127.255.255/',
		'http://192.0.0.8/',
		'http://198.18.0.1/',
		'http://198.19.255.255/',
		'http://224.0.0.1/',
		'http://239.1.2.3/',
		'http://240.0.0.1/',
		'http://255.255.255.255/',
		// IPv6, mapped IPv4 too.
		'http://[::1]/',
		'http://[::]/',
		'http://[fe80::1]/',
		'http://[fd00::1]:8080/',
		'http://[::ffff:127.0.0.1]/',
		'http://[::ffff:7f00:1]/',
		'http://[64:ff9b::a00:1]/',
		// Names of private networks.
		'http://n8n:5678/',
		'http://n8n.local/',
		'http://N8N.LOCAL/',
		'http://metadata.google.internal/',
		'http://nas.lan/',
		'http://nas.lan./',
		'http://nas.home.arpa/',
		// Not a web address.
		'',
		'n8n.example.com',
		'file:///etc/passwd',
	])('is not on the internet: %s', (url) => expect(isPublic(url)).toBe(false));
});

describe('A given address', () => {
	const onTheInternet = { mayBePrivate: false };
	const flawOf = (text: string, rules = onTheInternet) => {
		const reading = readPublicUrl(text, rules);
		return reading.ok ? undefined : reading.flaw;
	};

	it.each([
		// Unchanged, as a signature may cover each character.
		['https://example.com/a.png?X-Amz-Signature=ab%2Fc&x=%7E~!$\'()*,;:@', undefined],
		['https://example.com', undefined],
		['https://Example.COM/A.png', undefined],
		['https://example.com:443/a/../b', undefined],
		['http://8.8.8.8:8080/a.png', undefined],
		// Normalized where the meaning is certain.
		['HTTPS://example.com/A.png', 'https://example.com/A.png'],
		['  https://example.com/a.png\n', 'https://example.com/a.png'],
		['\u200b\ufeffhttps://example.com/a.png\u200b\u00a0', 'https://example.com/a.png'],
		['https://example.com/图片.png', 'https://example.com/%E5%9B%BE%E7%89%87.png'],
		['https://bücher.example/a.png', 'https://xn--bcher-kva.example/a.png'],
		['https://%65xample.com/a.png', 'https://example.com/a.png'],
		// Addresses inside addresses.
		['https://web.archive.org/web/2020/https://example.com/a.png', undefined],
		['https://proxy.example.com/?url=https://example.com/a.png', undefined],
		['https://images.example.com/fit-in/plain/http://example.com/a.png', undefined],
	])('is accepted: %j', (text, url = text) => expect(readPublicUrl(text, onTheInternet)).toEqual({ ok: true, url }));

	it.each<[UrlFlaw, string]>([
		['noHttp', ''],
		['noHttp', 'example.com/a.png'],
		['noHttp', '//example.com/a.png'],
		['noHttp', 'ftp://example.com/a.png'],
		['noHttp', 'file:///etc/passwd'],
		['noHttp', 'javascript:alert(1)'],
		['noHttp', 'https:example.com/a.png'],
		['noHttp', 'https:\\\\example.com\\a.png'],
		['noHttp', '"https://example.com/a.png"'],
		['invisible', 'https://example.com/a b.png'],
		['invisible', 'https://example.com/a.png https://example.com/b.png'],
		['invisible', 'https://example.com/a.png\nhttps://example.com/b.png'],
		['invisible', 'https://example.com/a\tb.png'],
		['invisible', 'https://example.com/a\u200b.png'],
		['invisible', 'https://exam\u00adple.com/a.png'],
		['invisible', 'https://example.com/\u202egnp.exe'],
		['invisible', 'https://example.com/a\u0000.png'],
		['invisible', 'https://example.com/a\u00a0b.png'],
		['joined', 'https://example.com/a.pnghttps://example.com/b.png'],
		['joined', 'https://example.com/a.png,https://example.com/b.png'],
		['joined', 'https://example.com/a.png;HTTP://example.com/b.png'],
		['joined', 'https://example.com/a.png|https://example.com/b.png'],
		['malformed', 'https://'],
		['malformed', 'https://example.com:99999/'],
		['malformed', 'https://[x/'],
		['malformed', 'https://example.com\\@127.0.0.1/'],
		['malformed', 'https://1.2.3.4.5/'],
		['login', 'https://user:pass@example.com/a.png'],
		['login', 'https://user@example.com/a.png'],
		['login', 'https://:pass@example.com/a.png'],
		['private', 'http://localhost/a.png'],
		['private', 'HTTP://LOCALHOST/a.png'],
		['private', 'https://192.168.1.2/a.png'],
		['private', 'http://169.254.169.254/latest/meta-data/'],
		['private', 'https://nas/a.png'],
		['private', 'https://nas:8080/a.png'],
		['private', 'http://2130706433/'],
		['private', 'http://0x7f.1/'],
		['private', 'http://0177.0.0.1/'],
		['private', 'http://①②⑦.⓪.⓪.①/'],
		['private', 'http://１２７.0.0.1/'],
		['private', 'http://127.0.0.1./'],
		['private', 'http://[::ffff:127.0.0.1]/'],
		['private', 'http://[fd00::1]/'],
		['private', 'http://host.docker.internal/'],
		['private', 'http://n8n.svc.cluster.local/'],
		['private', 'http://minio.default.svc:9000/a.png'],
		['private', 'http://shop.test/'],
		['private', 'http://files.invalid/'],
		['private', 'http://files.onion/'],
		['private', 'http://192.0.2.1/'],
		['private', 'http://198.51.100.1/'],
		['private', 'http://203.0.113.1/'],
	])('is refused as %s: %j', (flaw, text) => expect(flawOf(text)).toBe(flaw));

	it.each(['http://localhost:5678/a.png', 'https://nas/a.png', 'http://192.168.1.2/a.png', 'http://[::1]/a.png'])(
		'may be private if the provider is: %s',
		(text) => expect(readPublicUrl(text, { mayBePrivate: true })).toEqual({ ok: true, url: text }),
	);

	it.each(['https://user:pass@nas/a.png', 'file:///etc/passwd', 'http://na s/'])('has to be a valid address even then: %s', (text) =>
		expect(flawOf(text, { mayBePrivate: true })).toBeDefined(),
	);

	it.each([
		['http://localhost:8080/v1', true],
		['https://10.1.2.3', true],
		['https://api.example.com', false],
	])('beside the base URL %s: may be private is %s', (baseUrl, mayBePrivate) =>
		expect(urlRulesFor({ baseUrl })).toEqual({ mayBePrivate }),
	);

	it('gives the same result however often it is read', () => {
		const urls = Array.from({ length: 50 }, (_, index) => JSON.parse(`"https://b\u00fccher.example/${index}.png"`) as string);
		const readings = Array.from({ length: 400 }, () => urls.map((url) => readPublicUrl(url, onTheInternet).ok)).flat();
		expect(readings.filter((isOk) => !isOk)).toHaveLength(0);
	});

	it('is read in linear time', () => {
		const parts = [' ', '\u200b', '/', ':', 'https://', '@', 'a', ',', '.'];
		const texts = ['https://example.com/', 'https://a'].flatMap((start) => parts.map((part) => `${start}${part.repeat(200_000)}x`));
		const cpuMs = startCpuTime();
		for (const text of [...texts, ...texts.map((text) => text.slice(8)), ' '.repeat(200_000)]) readPublicUrl(text, onTheInternet);
		expect(cpuMs()).toBeLessThan(2_000);
	});
});

describe('What a message shows of an address', () => {
	it.each([
		['', '(empty)'],
		['https://example.com/a.png', 'https://example.com/a.png'],
		['https://example.com/a.png?signature=abc#x', 'https://example.com/a.png?…'],
		['https://user:secret@nas/a.png', 'https://[redacted]@nas/a.png'],
		['https://user:se?cret@nas/a.png', 'https://[redacted]@nas/a.png'],
		['user:secret@nas', 'user:[redacted]@nas'],
		['https:\\\\user:secret@nas', 'https:\\\\[redacted]@nas'],
		['https://example.com/a\u200bb\nc d', 'https://example.com/a[U+200B]b[U+000A]c d'],
		[`https://example.com/${'a'.repeat(100)}`, `https://example.com/${'a'.repeat(60)}…`],
	])('%j is shown as %j', (text, shown) => expect(shownUrl(text)).toBe(shown));
});
