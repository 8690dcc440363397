import { DataSource } from 'typeorm';

/** Stands in for `@nestjs/typeorm`: the token by which it provides the data source. */
export const getDataSourceToken = (): typeof DataSource => DataSource;
