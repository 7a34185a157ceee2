/** `npm run capabilities`: writes the tables of what each provider offers into the README. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { providers } from '../nodes/shared/providers';
import { withCapabilities } from './capabilities/readme';
import { capabilityTables } from './capabilities/tables';

const file = path.join(__dirname, '../README.md');
writeFileSync(file, withCapabilities(readFileSync(file, 'utf8'), capabilityTables(providers)));
