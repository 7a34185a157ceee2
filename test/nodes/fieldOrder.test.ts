import { Asset } from '../../nodes/Asset/Asset.node';
import { operations as assetOperations } from '../../nodes/Asset/actions';
import { AssetGroup } from '../../nodes/AssetGroup/AssetGroup.node';
import { operations as assetGroupOperations } from '../../nodes/AssetGroup/actions';
import { SeedanceFilm } from '../../nodes/SeedanceFilm/SeedanceFilm.node';
import { operations as filmOperations } from '../../nodes/SeedanceFilm/actions';
import { SeedanceGenerate } from '../../nodes/SeedanceGenerate/SeedanceGenerate.node';
import { operations as generateOperations } from '../../nodes/SeedanceGenerate/actions';

/** The editor shows fields in the order of the description, in which operations may share some. */

const cases = [
	[new Asset(), assetOperations] as const,
	[new AssetGroup(), assetGroupOperations] as const,
	[new SeedanceFilm(), filmOperations] as const,
	[new SeedanceGenerate(), generateOperations] as const,
].flatMap(([{ description }, operations]) => operations.map((operation) => ({ name: operation.option.name, description, operation })));

it.each(cases)('$name shows its fields in their own order', ({ description, operation }) => {
	const shown = description.properties.filter(
		({ name, displayOptions }) =>
			name !== 'toolDescription' && displayOptions?.show?.operation?.includes(operation.option.value),
	);
	expect(shown.map(({ name }) => name)).toEqual(operation.properties.map(({ name }) => name));
});
