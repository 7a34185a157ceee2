/** `npm run capabilities`: writes the tables of what each provider offers into `docs/providers.md`. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { providers } from '../nodes/shared/providers';
import { capabilitiesPageFile, withCapabilities } from './capabilities/page';
import { capabilityTables } from './capabilities/tables';

const file = path.join(__dirname, '..', capabilitiesPageFile);
writeFileSync(file, withCapabilities(readFileSync(file, 'utf8'), capabilityTables(providers)));
