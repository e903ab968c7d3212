// The database addresses for knex's tests, which otherwise expect containers.

const { MYSQL_PORT, PGPORT } = process.env

module.exports = {
  postgres: {
    adapter: 'postgresql',
    host: '127.0.0.1',
    port: Number(PGPORT),
    database: 'knex_test',
    user: 'testuser',
    password: 'knextest',
  },
  mysql: {
    host: '127.0.0.1',
    port: Number(MYSQL_PORT),
    database: 'knex_test',
    user: 'testuser',
    password: 'testpassword',
    charset: 'utf8',
  },
}
