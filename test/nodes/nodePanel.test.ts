import { sublimeSearch } from '@n8n/utils/dist/search/sublime-search';
import { Asset } from '../../nodes/Asset/Asset.node';
import assetCodex from '../../nodes/Asset/Asset.node.json';
import { AssetGroup } from '../../nodes/AssetGroup/AssetGroup.node';
import assetGroupCodex from '../../nodes/AssetGroup/AssetGroup.node.json';
import { SeedanceFilm } from '../../nodes/SeedanceFilm/SeedanceFilm.node';
import seedanceFilmCodex from '../../nodes/SeedanceFilm/SeedanceFilm.node.json';
import { SeedanceGenerate } from '../../nodes/SeedanceGenerate/SeedanceGenerate.node';
import seedanceGenerateCodex from '../../nodes/SeedanceGenerate/SeedanceGenerate.node.json';
import { SeedanceGenerateTrigger } from '../../nodes/SeedanceGenerateTrigger/SeedanceGenerateTrigger.node';

/** What the node panel of n8n's editor finds, by its own search. */

const generate = new SeedanceGenerate();
const asset = new Asset();
const film = new SeedanceFilm();
const panel = [
	[asset, assetCodex] as const,
	[new AssetGroup(), assetGroupCodex] as const,
	[film, seedanceFilmCodex] as const,
	[generate, seedanceGenerateCodex] as const,
].map(([{ description }, codex]) => ({ properties: { displayName: description.displayName, codex } }));

const found = (text: string) => sublimeSearch(text, panel).map(({ item }) => item.properties.displayName);

it('lists Generate first for the name of the package', () => {
	expect(found('seedance')[0]).toBe(generate.description.displayName);
	expect(found('seedance')).toHaveLength(panel.length);
});

it.each([
	...['AI video', 'text to video', 'image to video', 'generate video', 'piapi', 'apiframe', 'anyfast', 'alad', 'byteplus', 'volcengine'],
	...['reels', 'tiktok', 'shorts', 'avatar', 'talking head', 'ugc', 'product video'],
])('finds Generate for "%s"', (text) => {
	expect(found(text)[0]).toBe(generate.description.displayName);
});

it.each(['upload image', 'assets', 'face', 'character', 'consistent character'])('finds the assets for "%s"', (text) => {
	expect(found(text)[0]).toBe(asset.description.displayName);
});

it.each(['join videos', 'merge video', 'concat', 'add music', 'trim', 'film', 'ffmpeg', 'storyboard'])('finds the film for "%s"', (text) => {
	expect(found(text)[0]).toBe(film.description.displayName);
});

/** n8n-editor-ui 2.41, generateMergedNodesAndActions: the trigger goes into the node with its name, which takes its description. */
it('shows the trigger as a part of Generate, with a description for both', () => {
	const { description } = new SeedanceGenerateTrigger();
	expect(description.name.replace('Trigger', '')).toBe(generate.description.name);
	expect(description.displayName.replace(' Trigger', '')).toBe(generate.description.displayName);
	expect(description.description).toContain(generate.description.description);
	expect(description.description).toMatch(/start workflows/);
});
