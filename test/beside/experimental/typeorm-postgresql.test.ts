import 'reflect-metadata'
import {
  AfterLoad,
  BaseEntity,
  BeforeInsert,
  BeforeUpdate,
  Column,
  DataSource,
  Entity,
  type EntityManager,
  type EntitySubscriberInterface,
  EventSubscriber,
  type InsertEvent,
  ManyToOne,
  type MigrationInterface,
  OneToMany,
  PrimaryGeneratedColumn,
  type QueryRunner,
  type Repository,
  type TransactionCommitEvent,
} from 'typeorm'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type SharedDatabase, sharePostgresql } from '../../servers/share.js'
import { compare, IN_PLACE_WAYS, type WayToTrace } from '../ways-to-trace.js'

let server: SharedDatabase
beforeAll(async () => {
  server = await sharePostgresql()
})
afterAll(() => server.stop())

/** Creates entity classes with TypeORM's decorators, traced in the given way. They write to `log`. */
function createModel({ above, below, classInPlace, wrap }: WayToTrace, log: unknown[]) {
  @classInPlace
  abstract class Stamped extends BaseEntity {
    @PrimaryGeneratedColumn()
    id!: number

    @Column({ default: 0 })
    changes!: number

    @above
    @BeforeInsert()
    @below
    async stamp(): Promise<void> {
      await null
      log.push(`inserting ${this.constructor.name}`)
      this.changes = 1
    }

    @BeforeUpdate()
    @above
    @below
    change(): void {
      this.changes++
    }
  }

  @classInPlace
  @Entity()
  class Customer extends Stamped {
    @Column({
      transformer: { to: wrap((name: string) => name.toUpperCase()), from: wrap((name: string) => `${name}!`) },
    })
    name!: string

    @OneToMany(
      wrap(() => Purchase),
      wrap((purchase: { customer: unknown }) => purchase.customer as never),
    )
    purchases!: { total: number }[]

    @above
    @below
    static async named(name: string): Promise<Customer> {
      return await Customer.findOneByOrFail({ name })
    }
  }

  @Entity()
  @classInPlace
  class Purchase extends Stamped {
    @Column('int')
    total!: number

    @ManyToOne(
      () => Customer,
      customer => customer.purchases,
      { nullable: false },
    )
    customer!: Customer

    text?: string

    @above
    @AfterLoad()
    @below
    describe(): void {
      this.text = `${this.total} EUR`
    }
  }

  @EventSubscriber()
  @classInPlace
  class Purchases implements EntitySubscriberInterface<Purchase> {
    @above
    @below
    listenTo(): typeof Purchase {
      return Purchase
    }

    @above
    @below
    async afterInsert(event: InsertEvent<Purchase>): Promise<void> {
      await null
      log.push(`inserted ${event.entity?.constructor.name} ${event.entity.constructor === Purchase}`)
    }

    @above
    @below
    afterTransactionCommit(_event: TransactionCommitEvent): void {
      log.push('committed')
    }
  }

  @classInPlace
  class Prepare1700000000000 implements MigrationInterface {
    @above
    @below
    async up(runner: QueryRunner): Promise<void> {
      await runner.query('CREATE TABLE IF NOT EXISTS prepared (id int)')
      log.push('migrated')
    }

    @above
    @below
    async down(runner: QueryRunner): Promise<void> {
      await runner.query('DROP TABLE prepared')
      log.push('reverted')
    }
  }
  return { Customer, Purchase, Purchases, Prepare: Prepare1700000000000 }
}

async function work(way: WayToTrace): Promise<unknown> {
  const { wrap } = way
  const log: unknown[] = []
  const { Customer, Purchase, Purchases, Prepare } = createModel(way, log)
  const source = new DataSource({
    type: 'postgres',
    url: server.url,
    entities: [Customer, Purchase],
    subscribers: [Purchases],
    migrations: [Prepare],
    synchronize: true,
    dropSchema: true,
  })
  await source.initialize()
  try {
    await source.runMigrations()
    const bob = await Customer.create({ name: 'bob' }).save()
    const shop = source.getRepository(Purchase).extend({
      large: wrap(function large(this: Repository<InstanceType<typeof Purchase>>, least: number) {
        return this.createQueryBuilder('purchase').where('purchase.total >= :least', { least }).getMany()
      }),
    })
    const buy = wrap(async (manager: EntityManager) => {
      for (const total of [1, 20]) await manager.save(Purchase.create({ total, customer: bob }))
      return manager.queryRunner?.isTransactionActive
    })
    const bought = await source.transaction(buy)
    const failed = await source
      .transaction(
        wrap(async (manager: EntityManager) => {
          await manager.insert(Purchase, { total: 300, customer: bob })
          throw new RangeError('sold out')
        }),
      )
      .catch((error: Error) => error.message)
    bob.name = 'robert'
    await bob.save()
    const loaded = await Customer.findOneOrFail({ where: { id: bob.id }, relations: { purchases: true } })
    await source.undoLastMigration()
    return {
      bought,
      failed,
      loaded: JSON.stringify(loaded),
      kinds: [loaded instanceof Customer, loaded.constructor === Customer, loaded.purchases[0] instanceof Purchase],
      large: (await shop.large(10)).map(({ text, changes }) => [text, changes]),
      named: (await Customer.named('robert')).id === bob.id,
      count: await Purchase.count(),
      listeners: source.getMetadata(Purchase).listeners.map(({ propertyName, type }) => `${type} ${propertyName}`),
      log,
    }
  } finally {
    await source.destroy()
  }
}

describe('TypeORM', () => {
  it.each(IN_PLACE_WAYS)(
    'stores the same rows and calls the same functions whether classes are untraced or traced with $name',
    async way => {
      const { untraced, outside, inside, points } = await compare(way, work)

      expect(outside).toEqual(untraced)
      expect(inside).toEqual(untraced)
      expect(points).toBeGreaterThan(0)
    },
  )
})
