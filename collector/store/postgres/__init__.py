"""How the database is reached: connections, pools, migrations, rights, statements, errors."""
